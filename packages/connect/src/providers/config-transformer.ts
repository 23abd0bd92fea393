import { configException } from '@odradek/tools/tool-error';
import { under } from '../config/worker-config';
import { JavaHashMap } from '../java/hash-map';
import type { Loggers } from '../log';
import type { ConfigProvider, Props } from '../plugins/api';
import type { Plugins } from '../plugins/plugins';

/** `${provider:key}` and `${provider:path:key}`. */
const REFERENCE = /\$\{([^}]*?):(?:([^}]*?):)?([^}]*?)\}/g;

interface Reference {
  readonly provider: string;
  readonly path: string;
  readonly key: string;
}

const referencesIn = (text: string): Reference[] =>
  [...text.matchAll(REFERENCE)].map(([, provider, path = '', key]) => ({ provider: provider!, path, key: key! }));

/** Whether a setting's value has references in it, to whatever provider. */
export const hasReference = (value: string): boolean => referencesIn(value).length > 0;

/** Settings with values in the place of references, and after how many milliseconds the first of them no longer holds. */
export interface Resolved {
  readonly props: Props;
  readonly ttlMs: number | undefined;
}

/** Values by provider and path. */
type Values = Map<string, Map<string, ReadonlyMap<string, string>>>;

/**
 * Puts values in the place of references to config providers (ConfigTransformer, KIP-297). What no provider knows stays as
 * it is; values are not looked at again.
 */
export class ConfigTransformer {
  constructor(private readonly providers: ReadonlyMap<string, ConfigProvider>) {}

  /** Throws `ToolError` where a provider fails. */
  async transform(props: Props): Promise<Resolved> {
    const wanted = this.wanted(props);
    if (wanted.size === 0) return { props, ttlMs: undefined };
    const values: Values = new Map();
    let ttlMs: number | undefined;
    for (const [name, byPath] of wanted) {
      const found = new Map<string, ReadonlyMap<string, string>>();
      values.set(name, found);
      for (const [path, keys] of byPath) {
        const { data, ttlMs: ttl } = await this.providers.get(name)!.get(path, keys);
        found.set(path, data);
        if (ttl !== undefined && ttl >= 0) ttlMs = Math.min(ttl, ttlMs ?? ttl);
      }
    }
    const resolved = JavaHashMap.copyOf(props);
    for (const [name, value] of props) resolved.set(name, replaced(value, values));
    return { props: resolved, ttlMs };
  }

  /** The keys that are referred to, by provider and path: each provider is asked once for a path. */
  private wanted(props: Props): Map<string, Map<string, Set<string>>> {
    const wanted = new Map<string, Map<string, Set<string>>>();
    for (const { provider, path, key } of [...props.values()].flatMap(referencesIn)) {
      if (!this.providers.has(provider)) continue;
      const byPath = wanted.get(provider) ?? new Map<string, Set<string>>();
      wanted.set(provider, byPath);
      byPath.set(path, (byPath.get(path) ?? new Set()).add(key));
    }
    return wanted;
  }

  close(): void {
    for (const provider of this.providers.values()) provider.close?.();
  }
}

const replaced = (text: string, values: Values): string =>
  text.replace(REFERENCE, (reference, provider: string, path: string | undefined, key: string) => {
    return (
      values
        .get(provider)
        ?.get(path ?? '')
        ?.get(key) ?? reference
    );
  });

/** The providers that `config.providers` names. Throws `ToolError`. */
export function configTransformer(props: Props, plugins: Plugins, loggers: Loggers): ConfigTransformer {
  const names = (props.get('config.providers') ?? '').split(',').map((name) => name.trim());
  const providers = names.filter(Boolean).flatMap((name): [string, ConfigProvider][] => {
    const setting = `config.providers.${name}.class`;
    const className = props.get(setting)?.trim();
    if (className === undefined) return [];
    const plugin = plugins.find('config_provider', className);
    if (!plugin) {
      const what = 'Could not load config provider class or one of its dependencies';
      throw configException(`Invalid value ${className} for configuration ${setting}: ${what}`);
    }
    const provider = plugin.create();
    provider.configure(under(props, `config.providers.${name}.param.`), loggers.logger(plugin.className));
    return [[name, provider]];
  });
  return new ConfigTransformer(new Map(providers));
}
