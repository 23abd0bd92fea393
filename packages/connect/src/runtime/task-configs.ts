import { ConnectError } from '../errors';
import type { Connector, Props } from '../plugins/api';

/**
 * Has a connector divide its work, and looks at what it gives: plug-ins are not always made under a type checker's eyes.
 * Rejects with what the connector throws, and with a `ConnectError` that says what to mend.
 */
export async function taskConfigsOf(name: string, connector: Connector, most: number): Promise<readonly Props[]> {
  const of = `Connector ${name}`;
  const { taskClass } = connector;
  if (typeof taskClass !== 'string') {
    throw new ConnectError(
      `${of}: taskClass has to be text, such as the name of its tasks' class, and is ${taskClass}`,
    );
  }
  const configs: unknown = await connector.taskConfigs(most);
  if (!Array.isArray(configs)) {
    throw new ConnectError(
      `${of}: taskConfigs() has to return a list of Maps, one for each task, and returned ${kindOf(configs)}`,
    );
  }
  for (const [index, config] of configs.entries()) check(`${of}: taskConfigs()[${index}]`, config);
  return configs;
}

function check(what: string, config: unknown): void {
  if (!(config instanceof Map)) {
    const remedy = config?.constructor === Object ? '; new Map(Object.entries(it)) is one' : '';
    throw new ConnectError(`${what} has to be a Map of settings, and is ${kindOf(config)}${remedy}`);
  }
  for (const [setting, value] of config) {
    if (typeof setting === 'string' && typeof value === 'string') continue;
    const remedy = value === null || value === undefined ? 'leave it out' : 'String(value) is';
    throw new ConnectError(`${what}: settings are text, and ${setting} is ${kindOf(value)}; ${remedy}`);
  }
}

/** What a value is, for whoever has to find it. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object') return `the ${typeof value} ${String(value)}`;
  return value.constructor === Object ? 'a plain object' : `an object of class ${value.constructor?.name}`;
}
