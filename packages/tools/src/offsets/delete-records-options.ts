import { DEFAULT_OPTIONS } from '../args/default-options';
import type { OptionDeclarations } from '../args/joptsimple';

/** The options of kafka-delete-records. */
export const DELETE_RECORDS_OPTIONS = {
  ...DEFAULT_OPTIONS,
  'bootstrap-server': {
    description: 'REQUIRED: The server to connect to.',
    type: 'String',
    describedAs: 'server(s) to use for bootstrapping',
  },
  'offset-json-file': {
    description: [
      'REQUIRED: The JSON file with offset per partition. The format to use is:',
      '{"partitions":',
      '  [{"topic": "foo", "partition": 1, "offset": 1}],',
      ' "version":1',
      '}',
    ].join('\n'),
    type: 'String',
    describedAs: 'Offset json file path',
  },
  'command-config': {
    description: 'A property file containing configs to be passed to Admin Client.',
    type: 'String',
    describedAs: 'command config property file path',
  },
} as const satisfies OptionDeclarations;
