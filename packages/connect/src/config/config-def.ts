import { configException, type ToolError } from '@odradek/tools/tool-error';
import type { ConfigKey, ConfigType, Props } from '../plugins/api';

export type { ConfigKey, ConfigType, Importance, Validator, Width } from '../plugins/api';

/** The outcome of looking at one setting: its parsed value, and what is wrong with it. */
export interface ConfigValue {
  readonly key: ConfigKey;
  readonly value: unknown;
  readonly recommended: readonly string[];
  readonly errors: string[];
}

export const invalidValue = (name: string, value: unknown, why: string): ToolError =>
  configException(`Invalid value ${shownValue(value)} for configuration ${name}: ${why}`);

const shownValue = (value: unknown): string => (Array.isArray(value) ? `[${value.join(', ')}]` : String(value));

const LIMITS: Readonly<Partial<Record<ConfigType, number>>> = { SHORT: 2 ** 15, INT: 2 ** 31, LONG: 2 ** 63 };

function parseType({ name, type, resolve }: ConfigKey, given: string | null): unknown {
  if (given === null) return null;
  const text = given.trim();
  switch (type) {
    case 'BOOLEAN':
      if (/^true$/i.test(text)) return true;
      if (/^false$/i.test(text)) return false;
      throw invalidValue(name, given, 'Expected value to be either true or false');
    case 'INT':
    case 'SHORT':
    case 'LONG': {
      const value = Number(text);
      const limit = LIMITS[type]!;
      if (/^[+-]?\d+$/.test(text) && value >= -limit && value < limit) return value;
      throw invalidValue(name, given, `Not a number of type ${type}`);
    }
    case 'DOUBLE':
      if (text !== '' && !Number.isNaN(Number(text))) return Number(text);
      throw invalidValue(name, given, 'Not a number of type DOUBLE');
    case 'CLASS': {
      const found = resolve ? resolve(text) : text;
      if (found === undefined) throw invalidValue(name, given, `Class ${text} could not be found.`);
      return found;
    }
    case 'LIST':
      return text === '' ? [] : text.split(/\s*,\s*/);
    default:
      return text;
  }
}

/** A value as it is shown in answers (ConfigDef.convertToString). */
export const configText = (value: unknown): string | null =>
  value === null || value === undefined ? null : Array.isArray(value) ? value.join(',') : String(value);

const missing = (name: string): string => `Missing required configuration "${name}" which has no default value.`;

/** The settings that something takes, in order. */
export class ConfigDef {
  readonly keys: readonly ConfigKey[];

  constructor(keys: readonly ConfigKey[]) {
    this.keys = keys;
  }

  /** Parses and checks. Unknown settings are left alone. Throws the first `ToolError`. */
  parse(props: Props): ParsedConfig {
    const values = new Map<string, unknown>();
    for (const key of this.keys) {
      const given = props.get(key.name);
      if (given === undefined && key.fallback === undefined) throw configException(missing(key.name));
      const value = parseType(key, given ?? key.fallback ?? null);
      key.validate?.(key.name, value);
      values.set(key.name, value);
    }
    return new ParsedConfig(values);
  }

  /** Parses and checks everything and tells all that is wrong (ConfigDef.validate). */
  validate(props: Props): ConfigValue[] {
    return this.keys.map((key) => {
      const errors: string[] = [];
      const attempt = <T>(check: () => T): T | null => {
        try {
          return check();
        } catch (thrown) {
          errors.push((thrown as Error).message);
          return null;
        }
      };
      const given = props.get(key.name);
      if (given === undefined && key.fallback === undefined) errors.push(missing(key.name));
      const value = attempt(() => parseType(key, given ?? key.fallback ?? null));
      attempt(() => key.validate?.(key.name, value));
      return { key, value, recommended: key.recommended?.() ?? [], errors };
    });
  }
}

/** Settings as their types say. */
export class ParsedConfig {
  constructor(private readonly values: ReadonlyMap<string, unknown>) {}

  get(name: string): unknown {
    return this.values.get(name);
  }

  string(name: string): string {
    return this.values.get(name) as string;
  }

  nullable(name: string): string | null {
    return this.values.get(name) as string | null;
  }

  number(name: string): number {
    return this.values.get(name) as number;
  }

  boolean(name: string): boolean {
    return this.values.get(name) as boolean;
  }

  list(name: string): readonly string[] {
    return this.values.get(name) as readonly string[];
  }
}
