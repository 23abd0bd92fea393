import convict from 'convict';
import { type ConfigKey, camelCase, type Definitions, type ValuesOf } from './definition';
import { ConfigException } from './errors';
import { type ConfigValue, type Parsed, Password, parseType } from './types';

/** Parses one setting by its definition: type first, then its validator. Throws ConfigException with Kafka's text. */
export function parseSetting(name: string, key: ConfigKey, raw: string): Parsed {
  const parsed = parseType(name, key.type, raw);
  key.valid?.(name, parsed.value, parsed.text);
  return parsed;
}

/**
 * A table of definitions as a convict schema, and the parser of settings that it makes.
 *
 * convict takes a dot for nesting and would lose `broker.id` to `broker.id.generation.enable`, so it sees camelCase
 * names; every setting has a format of its own, which coerces and refuses by Kafka's rules. Unknown settings never reach
 * convict: Kafka keeps them.
 * @param table distinguishes the formats of one table from another's: convict keeps them all in one place
 */
export function valuesParser<D extends Definitions>(
  table: string,
  definitions: D,
): (originals: ReadonlyMap<string, string>) => ValuesOf<D> {
  const schema: Record<string, convict.SchemaObj<unknown>> = {};
  for (const [name, key] of Object.entries(definitions)) {
    const format = `${table} ${name}`;
    convict.addFormat({
      name: format,
      validate: (value: unknown) => checkType(name, key, value),
      coerce: (raw: string) => revealed(parseSetting(name, key, raw).value),
    });
    schema[camelCase(name)] = { default: key.default, format, nullable: true, sensitive: key.sensitive };
  }

  return (originals) => {
    const given: Record<string, string> = {};
    for (const name of Object.keys(definitions)) {
      const raw = originals.get(name);
      if (raw !== undefined) given[camelCase(name)] = raw;
    }
    const config = convict(schema, { env: {}, args: [] });
    config.load(given).validate({ allowed: 'strict' });
    const values = config.getProperties() as Record<string, ConfigValue>;
    for (const [name, { type }] of Object.entries(definitions)) {
      const at = camelCase(name);
      if (type === 'password' && values[at] !== null) values[at] = new Password(values[at] as string);
    }
    return Object.freeze(values) as ValuesOf<D>;
  };
}

/** convict flattens objects: it holds secrets as text, marked as sensitive. */
function revealed(value: ConfigValue): unknown {
  return value instanceof Password ? value.value : value;
}

const JAVASCRIPT_TYPES: Readonly<Record<ConfigKey['type'], string>> = {
  boolean: 'boolean',
  string: 'string',
  int: 'number',
  short: 'number',
  long: 'number',
  double: 'number',
  list: 'object',
  class: 'string',
  password: 'string',
};

/** What convict ends up with, defaults included, is of the type that the typed view promises. */
function checkType(name: string, { type }: ConfigKey, value: unknown): void {
  if (typeof value !== JAVASCRIPT_TYPES[type]) throw ConfigException.of(name, value, `not a ${type}`);
}
