import { DEFAULT_OPTIONS } from '../args/default-options';
import type { OptionDeclarations } from '../args/joptsimple';
import { JSON_OPTION } from '../json-output';

/** The options of kafka-broker-api-versions. */
export const BROKER_API_VERSIONS_OPTIONS = {
  ...DEFAULT_OPTIONS,
  'command-config': {
    description: 'A property file containing configs to be passed to Admin Client.',
    type: 'String',
    describedAs: 'command config property file',
  },
  'bootstrap-server': {
    description: 'REQUIRED: The server to connect to.',
    type: 'String',
    describedAs: 'server(s) to use for bootstrapping',
  },
  ...JSON_OPTION,
} as const satisfies OptionDeclarations;
