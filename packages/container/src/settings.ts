import { completeListeners } from './listeners';
import { type RunCommand, settingsIn, type Variables, VariablesError, withCommands } from './variables';

/** Where the image keeps logs: a volume. Not by the container's name, which is another one in the next container. */
const LOG_DIRS = '/kafka/kafka-logs';
/** Health is asked for there, from within the container. */
const METRICS_LISTENER = '127.0.0.1:9404';
const NEW_BROKER_ID = '-1';

/** A broker's settings, from the variables of a container. Throws `VariablesError`. */
export function settingsOf(given: Variables, run: RunCommand): Map<string, string> {
  const variables = withCommands(given, run);
  const settings = settingsIn(variables);
  if (settings.has('process.roles') || /^(yes|true|1)$/i.test(variables['KAFKA_ENABLE_KRAFT'] ?? '')) {
    throw new VariablesError(
      'KAFKA_PROCESS_ROLES (or KAFKA_ENABLE_KRAFT) asks for KRaft, but these brokers are coordinated by ZooKeeper: take it out, and set KAFKA_ZOOKEEPER_CONNECT=host:2181.',
    );
  }
  if (!settings.get('zookeeper.connect')) {
    throw new VariablesError(
      'KAFKA_ZOOKEEPER_CONNECT is missing: set it to the ZooKeeper to use, such as zookeeper:2181.',
    );
  }
  completeListeners(settings, variables);
  const defaults = {
    'broker.id': NEW_BROKER_ID,
    'log.dirs': settings.get('log.dir') ?? LOG_DIRS,
    'odradek.metrics.listener': METRICS_LISTENER,
  };
  for (const [name, value] of Object.entries(defaults)) if (!settings.get(name)) settings.set(name, value);
  const topics = topicsIn(variables);
  if (topics !== null) settings.set('odradek.create.topics', topics);
  return settings;
}

/** `KAFKA_CREATE_TOPICS` with commas, whatever its own separator is; null where it is empty. */
function topicsIn(variables: Variables): string | null {
  const separator = variables['KAFKA_CREATE_TOPICS_SEPARATOR'] || ',';
  const topics = (variables['KAFKA_CREATE_TOPICS'] ?? '').split(lineEnds(separator)).map((topic) => topic.trim());
  const named = topics.filter((topic) => topic !== '');
  return named.length === 0 ? null : named.join(',');
}

/** The shell's `$'\n'` is what wurstmeister's image wants for topics on lines of their own. */
const lineEnds = (separator: string): string => (/^\$+'\\n'$/.test(separator) ? '\n' : separator);

/** As a properties file has it. */
export function propertiesText(settings: ReadonlyMap<string, string>): string {
  return [...settings].map(([name, value]) => `${name}=${escaped(value)}\n`).join('');
}

const escaped = (value: string): string =>
  value
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replace(/^[ \t\f]/, '\\$&')
    .replace(/[^\x20-\x7e\t]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
