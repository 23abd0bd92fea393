import type { OptionDeclarations } from '../args/joptsimple';
import { JSON_OPTION } from '../json-output';

/** What kafka-console-consumer has beyond Apache's: to find some records, and to see all of each. */
export const FIND_OPTIONS = {
  grep: {
    description:
      'Show only records whose value contains text that matches this regular expression (as JavaScript has them). Given more than once: all must match.',
    type: 'String',
    describedAs: 'regex',
    isExtension: true,
  },
  key: {
    description: 'Show only records with exactly this key. Given more than once: with one of these keys.',
    type: 'String',
    describedAs: 'key',
    isExtension: true,
  },
  header: {
    description:
      'Show only records that have this header, and if a value is given, with exactly that value. Given more than once: all of these headers.',
    type: 'String',
    describedAs: 'name[=value]',
    isExtension: true,
  },
  since: {
    description:
      'Begin with the records of that time and leave out older ones: how long ago (30s, 10m, 2h, 1d), a date or time (2026-11-21, 2026-11-21T10:30; local unless it ends with a zone such as Z or +09:00), or milliseconds since 1970.',
    type: 'String',
    describedAs: 'time',
    isExtension: true,
  },
  json: {
    ...JSON_OPTION.json,
    description: 'Print each record as one line of JSON, with everything that is known of it.',
  },
} as const satisfies OptionDeclarations;
