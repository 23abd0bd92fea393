import { DEFAULT_OPTIONS } from '../args/default-options';
import type { OptionDeclarations } from '../args/joptsimple';
import { listed } from '../config-names';
import { JSON_OPTION } from '../json-output';

const SELECTORS = [
  'client_id',
  'client_instance_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
];

/** The options of kafka-client-metrics. */
export const CLIENT_METRICS_OPTIONS = {
  ...DEFAULT_OPTIONS,
  ...JSON_OPTION,
  'bootstrap-server': {
    description: 'REQUIRED: The Kafka server to connect to.',
    type: 'String',
    describedAs: 'server to connect to',
  },
  'command-config': {
    description: 'Property file containing configs to be passed to Admin Client.',
    type: 'String',
    describedAs: 'command config property file',
  },
  alter: { description: 'Alter the configuration for the client metrics resource.' },
  delete: { description: 'Delete the configuration for the client metrics resource.' },
  describe: { description: 'List configurations for the client metrics resource.' },
  list: { description: 'List the client metrics resources.' },
  name: { description: 'Name of client metrics configuration resource.', type: 'String', describedAs: 'name' },
  'generate-name': { description: 'Generate a UUID to use as the name.' },
  interval: {
    description: 'The metrics push interval in milliseconds.\nLeave empty to reset the interval.',
    type: 'String',
    describedAs: 'push interval',
  },
  match: {
    description: `Matching selector 'k1=v1,k2=v2'. The following is a list of valid selector names: \n${listed(SELECTORS)}`,
    type: 'String',
    describedAs: 'k1=v1,k2=v2',
    separatedBy: ',',
  },
  metrics: {
    description: "Telemetry metric name prefixes 'm1,m2'.",
    type: 'String',
    describedAs: 'm1,m2',
    separatedBy: ',',
  },
} as const satisfies OptionDeclarations;
