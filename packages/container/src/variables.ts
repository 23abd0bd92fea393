/** Environment variables, or a part of them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What keeps a container from starting, for whoever wrote its variables: which one, and what to do. */
export class VariablesError extends Error {
  override readonly name = 'VariablesError';
}

/** Bitnami's prefix first: where both are there, it says more clearly what is meant. */
const PREFIXES = ['KAFKA_CFG_', 'KAFKA_'] as const;

/** Variables of images, scripts and JVMs that are no settings of a broker. */
const NO_SETTINGS = new Set([
  ...['KAFKA_HOME', 'KAFKA_VERSION', 'KAFKA_DEBUG', 'KAFKA_OPTS', 'KAFKA_HEAP_OPTS', 'KAFKA_GC_LOG_OPTS', 'KAFKA_LOG'],
  ...[
    'KAFKA_JMX_OPTS',
    'KAFKA_JMX_PORT',
    'KAFKA_JMX_HOSTNAME',
    'KAFKA_JVM_PERFORMANCE_OPTS',
    'KAFKA_PORT',
    'KAFKA_HOST_NAME',
  ],
  ...['KAFKA_ADVERTISED_HOST_NAME', 'KAFKA_ADVERTISED_PORT', 'KAFKA_CREATE_TOPICS', 'KAFKA_CREATE_TOPICS_SEPARATOR'],
  ...['KAFKA_ENABLE_KRAFT', 'KAFKA_KRAFT_CLUSTER_ID', 'KAFKA_VOLUME_DIR', 'KAFKA_BASE_DIR', 'KAFKA_CERTS_DIR'],
  ...[
    'KAFKA_INITSCRIPTS_DIR',
    'KAFKA_MOUNTED_CONF_DIR',
    'KAFKA_DAEMON_USER',
    'KAFKA_DAEMON_GROUP',
    'KAFKA_ZOOKEEPER_PROTOCOL',
  ],
]);
const NO_SETTING_PREFIXES = ['KAFKA_LOG4J_', 'KAFKA_CLIENT_', 'KAFKA_INTER_BROKER_USER', 'KAFKA_INTER_BROKER_PASSWORD'];

/** Kubernetes tells every pod of its services: one called `kafka` looks like settings. */
const isServiceLink = (name: string, value: string): boolean =>
  /^KAFKA(_[A-Z0-9_]+)?_(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP))/.test(name) || /^(tcp|udp):\/\//.test(value);

/** `A_B__C___D` is `a.b_c-d`, as in Confluent's, Apache's and Bitnami's images. */
export function settingName(variable: string): string {
  return variable
    .toLowerCase()
    .replace(/_{3}|_{2}|_/g, (underscores) => ({ 3: '-', 2: '_', 1: '.' })[underscores.length] ?? '.');
}

/** The settings that are given as variables. */
export function settingsIn(variables: Variables): Map<string, string> {
  const settings = new Map<string, string>();
  for (const prefix of [...PREFIXES].reverse()) {
    for (const [name, value] of Object.entries(variables)) {
      if (value === undefined || PREFIXES.find((one) => name.startsWith(one)) !== prefix) continue;
      if (prefix === 'KAFKA_' && isNoSetting(name, value)) continue;
      settings.set(settingName(name.slice(prefix.length)), value);
    }
  }
  settings.delete('');
  return settings;
}

function isNoSetting(name: string, value: string): boolean {
  return (
    NO_SETTINGS.has(name) || NO_SETTING_PREFIXES.some((prefix) => name.startsWith(prefix)) || isServiceLink(name, value)
  );
}

/** Runs a command of `HOSTNAME_COMMAND` and its like; returns what it prints. */
export type RunCommand = (command: string) => string;

/** Replaces `_{HOSTNAME_COMMAND}` and `_{PORT_COMMAND}` in all of Kafka's variables by what these commands print. */
export function withCommands(variables: Variables, run: RunCommand): Variables {
  const replaced: Record<string, string | undefined> = { ...variables };
  for (const name of ['HOSTNAME_COMMAND', 'PORT_COMMAND']) {
    const command = variables[name];
    if (command === undefined || command === '') continue;
    const printed = printedBy(name, command, run);
    for (const [key, value] of Object.entries(replaced)) {
      if (key.startsWith('KAFKA_')) replaced[key] = value?.replaceAll(`_{${name}}`, printed);
    }
    if (name === 'HOSTNAME_COMMAND' && !variables['KAFKA_LISTENERS'] && !variables['KAFKA_CFG_LISTENERS']) {
      replaced['KAFKA_ADVERTISED_HOST_NAME'] ||= printed;
    }
  }
  const answers = { BROKER_ID_COMMAND: 'KAFKA_BROKER_ID', RACK_COMMAND: 'KAFKA_BROKER_RACK' };
  for (const [name, setting] of Object.entries(answers)) {
    const command = variables[name];
    if (command && !replaced[setting]) replaced[setting] = printedBy(name, command, run);
  }
  return replaced;
}

function printedBy(name: string, command: string, run: RunCommand): string {
  try {
    const printed = run(command).trim();
    if (printed !== '') return printed;
  } catch (error) {
    throw new VariablesError(
      `${name}=${command} failed: ${(error as Error).message} Correct the command, or leave it out.`,
    );
  }
  throw new VariablesError(`${name}=${command} prints nothing. Correct the command, or leave it out.`);
}
