import { configException } from '@odradek/tools/tool-error';
import { ConnectError } from '../errors';
import type { Props } from '../plugins/api';
import { headerRules } from '../rest/response-headers';
import { ConfigDef, type ConfigKey, type ConfigType, invalidValue, type ParsedConfig } from './config-def';
import { oneOf } from './validators';

/** A worker's settings (WorkerConfig, StandaloneConfig, RestServerConfig), without what only a JVM could use. */

const key = (
  name: string,
  type: ConfigType,
  fallback: string | null | undefined,
  documentation: string,
): ConfigKey => ({
  name,
  type,
  ...(fallback !== undefined && { fallback }),
  importance: 'LOW',
  documentation,
});

const REQUIRED = undefined;

const DISCOVERY = ['only_scan', 'service_load', 'hybrid_warn', 'hybrid_fail'];

const WORKER_CONFIG = new ConfigDef([
  key('bootstrap.servers', 'LIST', 'localhost:9092', 'Brokers to find the cluster by.'),
  key('key.converter', 'CLASS', REQUIRED, 'The converter of keys, for connectors that name none.'),
  key('value.converter', 'CLASS', REQUIRED, 'The converter of values, for connectors that name none.'),
  key(
    'header.converter',
    'CLASS',
    'org.apache.kafka.connect.storage.SimpleHeaderConverter',
    'The converter of headers, for connectors that name none.',
  ),
  key('task.shutdown.graceful.timeout.ms', 'LONG', '5000', 'How long tasks may take to stop.'),
  key('offset.flush.interval.ms', 'LONG', '60000', 'How often offsets are committed.'),
  key('offset.flush.timeout.ms', 'LONG', '5000', 'How long a commit may wait for records that are being written.'),
  key('offset.storage.file.filename', 'STRING', REQUIRED, 'The file that keeps the offsets of sources.'),
  key('plugin.path', 'LIST', null, 'Modules with plug-ins, and folders of them.'),
  {
    ...key('plugin.discovery', 'STRING', 'hybrid_warn', 'Accepted; plug-ins are found in one way only.'),
    validate: (name, value) => {
      if (DISCOVERY.includes(String(value).toLowerCase())) return;
      const modes = DISCOVERY.map((mode) => mode.toUpperCase()).join(', ');
      throw configException(
        `Invalid value ${value} for configuration ${name}: Invalid plugin.discovery value, must be one of [${modes}]`,
      );
    },
  },
  {
    ...key(
      'connector.client.config.override.policy',
      'STRING',
      'All',
      'Which client settings connectors may override.',
    ),
  },
  key('topic.creation.enable', 'BOOLEAN', 'true', 'Whether sources with topic.creation settings create their topics.'),
  key('topic.tracking.enable', 'BOOLEAN', 'true', 'Whether the topics that connectors use are remembered.'),
  key('topic.tracking.allow.reset', 'BOOLEAN', 'true', 'Whether that may be forgotten upon request.'),
  {
    ...key('listeners', 'LIST', 'http://:8083', 'Where the REST API listens: http and https.'),
    validate: (_name, value) => {
      const urls = value as readonly string[];
      const example = 'ex: http://localhost:8080,https://localhost:8443.';
      if (urls.length === 0)
        throw configException(`Invalid value for listeners, at least one URL is expected, ${example}`);
      if (urls.includes('')) throw configException('Empty URL found when parsing listeners list.');
    },
  },
  key('admin.listeners', 'LIST', null, 'Where its /admin part listens; nothing: with the rest, empty: nowhere.'),
  key('rest.advertised.host.name', 'STRING', null, 'The host that others are told.'),
  key('rest.advertised.port', 'INT', null, 'The port that others are told.'),
  key('rest.advertised.listener', 'STRING', null, 'The protocol that others are told: http or https.'),
  key('access.control.allow.origin', 'STRING', '', 'Other origins that may use the REST API; * stands for anything.'),
  key('access.control.allow.methods', 'STRING', '', 'The methods that they may use, without GET, POST and HEAD.'),
  {
    ...key('response.http.headers.config', 'STRING', '', 'Headers of every answer: [action] [name]:[value], …'),
    validate: headerRules,
  },
  {
    ...key('ssl.client.auth', 'STRING', 'none', 'Whether https clients must show a certificate.'),
    validate: oneOf('required', 'requested', 'none'),
  },
  {
    ...key('rest.extension.classes', 'LIST', '', 'Refused: they are classes of Java, most often for security.'),
    validate: (name, value) => {
      const classes = value as readonly string[];
      if (classes.length === 0) return;
      const why =
        'REST extensions are classes of Java, which are not run here. Protect the REST API by a listener of localhost, by ' +
        'https with ssl.client.auth=required, or by a proxy, and take the setting out.';
      throw invalidValue(name, classes, why);
    },
  },
]);

export type OverridePolicy = 'All' | 'None' | 'Principal';

/** A worker's settings, read and as they stand in the file. */
export interface WorkerConfig {
  readonly props: Props;
  readonly parsed: ParsedConfig;
  readonly policy: OverridePolicy;
}

/** Reads a worker's properties. Throws `ToolError`. */
export function workerConfig(props: Props): WorkerConfig {
  const parsed = WORKER_CONFIG.parse(props);
  const given = parsed.string('connector.client.config.override.policy');
  const simple = given
    .replace(/^org\.apache\.kafka\.connect\.connector\.policy\./, '')
    .replace(/ConnectorClientConfigOverridePolicy$/, '');
  if (simple !== 'All' && simple !== 'None' && simple !== 'Principal') {
    const type = 'org.apache.kafka.connect.connector.policy.ConnectorClientConfigOverridePolicy';
    throw new ConnectError(
      `Failed to find any class that implements interface ${type} and which name matches ${given}`,
    );
  }
  return { props, parsed, policy: simple };
}

/** The settings under a prefix, without it. */
export function under(props: Props, prefix: string): Map<string, string> {
  return new Map(
    [...props].flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])),
  );
}
