import { type ConfigType, type ConfigValue, type Password, parseType } from './types';
import type { Validator } from './validators';

export { DOUBLE_MAX, LONG_MAX } from './types';

export type Importance = 'high' | 'medium' | 'low';
/** How a broker config may change while the broker runs (KIP-226). */
export type UpdateMode = 'read-only' | 'per-broker' | 'cluster-wide';

/** One setting, as a value from which types and tables are derived. */
export interface ConfigKey<T = ConfigValue> {
  readonly type: ConfigType;
  readonly importance: Importance;
  /** As Kafka shows it; null where there is none. */
  readonly defaultText: string | null;
  readonly default: T;
  readonly valid: Validator | null;
  readonly mode: UpdateMode;
  /** Accepted, but neither documented nor described. */
  readonly internal: boolean;
  /** Never shown. */
  readonly sensitive: boolean;
}

export type Definitions = Readonly<Record<string, ConfigKey>>;

type Camel<S extends string> = S extends `${infer Head}.${infer Rest}` ? `${Head}${Capitalize<Camel<Rest>>}` : S;

/** Typed values of a table of definitions: `log.segment.bytes` is `logSegmentBytes`. */
export type ValuesOf<D> = {
  readonly [K in keyof D & string as Camel<K>]: D[K] extends ConfigKey<infer T> ? T : never;
};

/** `log.segment.bytes` → `logSegmentBytes`. */
export function camelCase(name: string): string {
  return name.replace(/\.(.)/g, (_, first: string) => first.toUpperCase());
}

interface Options {
  readonly valid?: Validator;
  readonly mode?: UpdateMode;
  readonly internal?: boolean;
}

type Text = string | null;
/** A null default makes the value nullable; any other does not. */
type OrNull<D, T> = D extends null ? T | null : T;

function define<T>(
  type: ConfigType,
  importance: Importance,
  given: string | number | boolean | null,
  { valid, mode, internal }: Options = {},
): ConfigKey<T> {
  const parsed = given === null ? null : parseType('default', type, String(given));
  return {
    type,
    importance,
    defaultText: parsed?.text ?? null,
    default: (parsed?.value ?? null) as T,
    valid: valid ?? null,
    mode: mode ?? 'read-only',
    internal: internal ?? false,
    sensitive: type === 'password',
  };
}

export const boolean = (importance: Importance, given: boolean, options?: Options): ConfigKey<boolean> =>
  define('boolean', importance, given, options);

export const string = <D extends Text>(importance: Importance, given: D, options?: Options) =>
  define<OrNull<D, string>>('string', importance, given, options);

export const int = <D extends number | null>(importance: Importance, given: D, options?: Options) =>
  define<OrNull<D, number>>('int', importance, given, options);

export const short = (importance: Importance, given: number, options?: Options): ConfigKey<number> =>
  define('short', importance, given, options);

/** `given` may be text: Long.MAX_VALUE has no number of its own. */
export const long = <D extends number | string | null>(importance: Importance, given: D, options?: Options) =>
  define<OrNull<D, number>>('long', importance, given, options);

export const double = (importance: Importance, given: number | string, options?: Options): ConfigKey<number> =>
  define('double', importance, given, options);

export const list = <D extends Text>(importance: Importance, given: D, options?: Options) =>
  define<OrNull<D, readonly string[]>>('list', importance, given, options);

export const className = <D extends Text>(importance: Importance, given: D, options?: Options) =>
  define<OrNull<D, string>>('class', importance, given, options);

export const password = (importance: Importance, given: null, options?: Options): ConfigKey<Password | null> =>
  define('password', importance, given, options);
