import { javaRegex } from '@odradek/tools/java-regex';
import type { Props } from '../plugins/api';
import type { Plugins, PluginType } from '../plugins/plugins';
import { ConfigDef, type ConfigKey, type Importance, invalidValue, type Validator, type Width } from './config-def';
import { atLeast, nonEmptyPrintable, oneOf, oneOfInAnyCase, regex } from './validators';

/** What every connector can be told (ConnectorConfig, SourceConnectorConfig, SinkConnectorConfig). */

const COMMON = 'Common';
const ERRORS = 'Error Handling';

const place = (group: string, order: number, width: Width, displayName: string, importance: Importance) =>
  ({ group, order, width, displayName, importance }) as const;

/** Aliases may stand once only. */
const uniqueAliases: Validator = (name, value) => {
  const list = value as readonly string[];
  if (new Set(list).size < list.length) throw invalidValue(name, list, 'Duplicate alias provided.');
};

const classOf =
  (plugins: Plugins, type: PluginType) =>
  (name: string): string | undefined =>
    plugins.find(type, name)?.className;

function commonKeys(plugins: Plugins): ConfigKey[] {
  const converter = (name: string, what: string, order: number, type: PluginType): ConfigKey => ({
    name: `${name}.converter`,
    type: 'CLASS',
    fallback: null,
    resolve: classOf(plugins, type),
    documentation: `The converter of ${name}s; without one that of the worker.`,
    ...place(COMMON, order, 'SHORT', `${what} converter class`, 'LOW'),
  });
  return [
    {
      name: 'name',
      type: 'STRING',
      validate: nonEmptyPrintable,
      documentation: "The connector's name, which no other has.",
      ...place(COMMON, 1, 'MEDIUM', 'Connector name', 'HIGH'),
    },
    {
      name: 'connector.class',
      type: 'STRING',
      documentation:
        'The class of the connector, or its alias: FileStreamSink, FileStreamSinkConnector or the full name.',
      ...place(COMMON, 2, 'LONG', 'Connector class', 'HIGH'),
    },
    {
      name: 'tasks.max',
      type: 'INT',
      fallback: '1',
      validate: atLeast(1),
      documentation: 'The most tasks that the connector may have.',
      ...place(COMMON, 3, 'SHORT', 'Tasks max', 'HIGH'),
    },
    {
      name: 'tasks.max.enforce',
      type: 'BOOLEAN',
      fallback: 'true',
      documentation: 'Whether a connector that makes more tasks than that fails.',
      ...place(COMMON, 4, 'SHORT', 'Enforce tasks max', 'LOW'),
    },
    converter('key', 'Key', 5, 'converter'),
    converter('value', 'Value', 6, 'converter'),
    converter('header', 'Header', 7, 'header_converter'),
    {
      name: 'transforms',
      type: 'LIST',
      fallback: '',
      validate: uniqueAliases,
      documentation: 'Names of the transformations that records go through, in order.',
      ...place('Transforms', 8, 'LONG', 'Transforms', 'LOW'),
    },
    {
      name: 'predicates',
      type: 'LIST',
      fallback: '',
      validate: uniqueAliases,
      documentation: 'Names of the predicates that transformations refer to.',
      ...place('Predicates', 9, 'LONG', 'Predicates', 'LOW'),
    },
    {
      name: 'config.action.reload',
      type: 'STRING',
      fallback: 'restart',
      validate: oneOf('none', 'restart'),
      documentation: 'Whether to restart when what a config provider gave has changed.',
      ...place(COMMON, 10, 'MEDIUM', 'Reload Action', 'LOW'),
    },
    {
      name: 'errors.retry.timeout',
      type: 'LONG',
      fallback: '0',
      documentation: 'For how many milliseconds a failed step is tried again; -1: for ever.',
      ...place(ERRORS, 1, 'MEDIUM', 'Retry Timeout for Errors', 'MEDIUM'),
    },
    {
      name: 'errors.retry.delay.max.ms',
      type: 'LONG',
      fallback: '60000',
      documentation: 'The longest pause between two tries.',
      ...place(ERRORS, 2, 'MEDIUM', 'Maximum Delay Between Retries for Errors', 'MEDIUM'),
    },
    {
      name: 'errors.tolerance',
      type: 'STRING',
      fallback: 'none',
      validate: oneOf('none', 'all'),
      documentation: 'none: an error ends the task. all: the record that met it is left out.',
      ...place(ERRORS, 3, 'SHORT', 'Error Tolerance', 'MEDIUM'),
    },
    {
      name: 'errors.log.enable',
      type: 'BOOLEAN',
      fallback: 'false',
      documentation: 'Whether errors that are tolerated are logged.',
      ...place(ERRORS, 4, 'SHORT', 'Log Errors', 'MEDIUM'),
    },
    {
      name: 'errors.log.include.messages',
      type: 'BOOLEAN',
      fallback: 'false',
      documentation: 'Whether the log says which record met the error.',
      ...place(ERRORS, 5, 'SHORT', 'Log Error Details', 'MEDIUM'),
    },
  ];
}

function sinkKeys(): ConfigKey[] {
  return [
    {
      name: 'topics',
      type: 'LIST',
      fallback: '',
      documentation: 'The topics to read.',
      ...place(COMMON, 4, 'LONG', 'Topics', 'HIGH'),
    },
    {
      name: 'topics.regex',
      type: 'STRING',
      fallback: '',
      validate: regex,
      documentation: 'A regular expression of Java for the topics to read. Either this or topics is set.',
      ...place(COMMON, 4, 'LONG', 'Topics regex', 'HIGH'),
    },
    {
      name: 'errors.deadletterqueue.topic.name',
      type: 'STRING',
      fallback: '',
      documentation: 'The topic that records go to which could not be read or transformed; none where it is empty.',
      ...place(ERRORS, 6, 'MEDIUM', 'Dead Letter Queue Topic Name', 'MEDIUM'),
    },
    {
      name: 'errors.deadletterqueue.topic.replication.factor',
      type: 'SHORT',
      fallback: '3',
      documentation: 'The copies of that topic, where it has to be created.',
      ...place(ERRORS, 7, 'MEDIUM', 'Dead Letter Queue Topic Replication Factor', 'MEDIUM'),
    },
    {
      name: 'errors.deadletterqueue.context.headers.enable',
      type: 'BOOLEAN',
      fallback: 'false',
      documentation: 'Whether headers that begin with __connect.errors. tell what went wrong.',
      ...place(ERRORS, 8, 'MEDIUM', 'Enable Error Context Headers', 'MEDIUM'),
    },
  ];
}

function sourceKeys(): ConfigKey[] {
  const exactlyOnce = 'Exactly Once Support';
  return [
    {
      name: 'topic.creation.groups',
      type: 'LIST',
      fallback: '',
      validate: uniqueAliases,
      documentation: 'Names of groups of settings for the topics that the source makes.',
      ...place('Topic Creation', 1, 'LONG', 'Topic Creation Groups', 'LOW'),
    },
    {
      name: 'exactly.once.support',
      type: 'STRING',
      fallback: 'requested',
      validate: oneOfInAnyCase('requested', 'required'),
      documentation: 'requested or required; a standalone worker offers none.',
      ...place(exactlyOnce, 2, 'SHORT', 'Exactly once support', 'MEDIUM'),
    },
    {
      name: 'transaction.boundary',
      type: 'STRING',
      fallback: 'poll',
      validate: oneOfInAnyCase('poll', 'interval', 'connector'),
      documentation: 'Where transactions of a source with exactly-once support end: poll, interval or connector.',
      ...place(exactlyOnce, 3, 'SHORT', 'Transaction Boundary', 'MEDIUM'),
    },
    {
      name: 'transaction.boundary.interval.ms',
      type: 'LONG',
      fallback: null,
      documentation: 'The length of transactions where their boundary is interval.',
      ...place(exactlyOnce, 4, 'SHORT', 'Transaction boundary interval', 'LOW'),
    },
    {
      name: 'offsets.storage.topic',
      type: 'STRING',
      fallback: null,
      validate: nonEmptyOffsetsTopic,
      documentation: 'A topic of its own for offsets; of no meaning to a standalone worker.',
      ...place('offsets.topic', 1, 'LONG', 'Offsets topic', 'LOW'),
    },
  ];
}

function nonEmptyOffsetsTopic(name: string, value: unknown): void {
  if (value !== null && String(value).trim() === '') throw invalidValue(name, value, 'String must be non-empty');
}

export const sourceConfigDef = (plugins: Plugins): ConfigDef =>
  new ConfigDef([...commonKeys(plugins), ...sourceKeys()]);
export const sinkConfigDef = (plugins: Plugins): ConfigDef => new ConfigDef([...commonKeys(plugins), ...sinkKeys()]);

const listOf = (props: Props, name: string): string[] =>
  (props.get(name) ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);

/** What a sink reads. */
export type SinkTopics = { readonly topics: readonly string[] } | { readonly pattern: RegExp };

export function sinkTopics(props: Props): SinkTopics {
  const pattern = (props.get('topics.regex') ?? '').trim();
  return pattern === '' ? { topics: listOf(props, 'topics') } : { pattern: javaRegex(pattern) };
}

/** What is wrong with a sink's topics together, by setting (SinkConnectorConfig.validate). */
export function sinkTopicErrors(props: Props): [name: string, message: string][] {
  const topics = listOf(props, 'topics');
  const pattern = (props.get('topics.regex') ?? '').trim();
  const deadLetters = (props.get('errors.deadletterqueue.topic.name') ?? '').trim();
  const both = (message: string): [string, string][] => [
    ['topics', message],
    ['topics.regex', message],
  ];
  if (topics.length > 0 && pattern !== '') {
    return both('topics and topics.regex are mutually exclusive options, but both are set.');
  }
  if (topics.length === 0 && pattern === '') return both('Must configure one of topics or topics.regex');
  if (deadLetters === '') return [];
  if (topics.includes(deadLetters)) {
    const list = `('topics=[${topics.join(', ')}]')`;
    return [
      [
        'topics',
        `The DLQ topic '${deadLetters}' may not be included in the list of topics ${list} consumed by the connector`,
      ],
    ];
  }
  if (pattern === '' || !javaRegex(pattern).test(deadLetters)) return [];
  const shown = `('topics.regex=${pattern}')`;
  return [
    [
      'topics.regex',
      `The DLQ topic '${deadLetters}' may not be matched by the regex for the topics ${shown} consumed by the connector`,
    ],
  ];
}
