import { DEFAULT_OPTIONS } from '../args/default-options';
import type { OptionDeclarations } from '../args/joptsimple';
import { JSON_OPTION } from '../json-output';

/** The options of kafka-log-dirs. */
export const LOG_DIRS_OPTIONS = {
  ...DEFAULT_OPTIONS,
  ...JSON_OPTION,
  'bootstrap-server': {
    description: 'REQUIRED: the server(s) to use for bootstrapping',
    type: 'String',
    describedAs: 'The server(s) to use for bootstrapping',
  },
  'command-config': {
    description: 'Property file containing configs to be passed to Admin Client.',
    type: 'String',
    describedAs: 'Admin client property file',
  },
  describe: { description: 'Describe the specified log directories on the specified brokers.' },
  'topic-list': {
    description:
      'The list of topics to be queried in the form "topic1,topic2,topic3". All topics will be queried if no topic list is specified',
    type: 'String',
    describedAs: 'Topic list',
    defaultsTo: '',
  },
  'broker-list': {
    description:
      'The list of brokers to be queried in the form "0,1,2". All brokers in the cluster will be queried if no broker list is specified',
    type: 'String',
    describedAs: 'Broker list',
    defaultsTo: '',
  },
} as const satisfies OptionDeclarations;
