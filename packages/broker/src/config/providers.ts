import type { ConfigSources } from '../env/config-sources';
import { ConfigException } from './errors';
import { parseProperties } from './properties';
import { parseList } from './types';

/** Answers for `${provider:path:key}`; null where it has no such value (the text then stays as it is). */
type Provider = (path: string, key: string) => string | null;

const REFERENCE = /\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}/g;
const PACKAGE = 'org.apache.kafka.common.config.provider.';

/**
 * Replaces `${provider:path:key}` in all values by what the providers of `config.providers` answer (KIP-297, KIP-421),
 * once: an answer is not looked into again. References to unknown providers and keys stay.
 * @throws ConfigException where a provider is none that Apache ships, or cannot read
 */
export function resolveProviders(
  originals: ReadonlyMap<string, string>,
  sources: ConfigSources,
): ReadonlyMap<string, string> {
  const providers = makeProviders(originals, sources);
  if (providers.size === 0) return originals;
  const resolved = new Map<string, string>();
  for (const [key, value] of originals) {
    resolved.set(
      key,
      value.replace(REFERENCE, (reference, name: string, _, path: string | undefined, inner: string) => {
        const provider = providers.get(name);
        if (provider === undefined) return reference;
        return withKey(key, () => provider(path ?? '', inner)) ?? reference;
      }),
    );
  }
  return resolved;
}

function makeProviders(originals: ReadonlyMap<string, string>, sources: ConfigSources): Map<string, Provider> {
  const providers = new Map<string, Provider>();
  const names = originals.get('config.providers');
  for (const name of names === undefined ? [] : parseList(names.trim())) {
    const prefix = `config.providers.${name}.`;
    const className = originals.get(`${prefix}class`);
    if (className === undefined) continue;
    const parameter = (key: string): string | undefined => originals.get(`${prefix}param.${key}`);
    switch (className.trim()) {
      case `${PACKAGE}FileConfigProvider`:
        providers.set(name, fileProvider(allowedPaths(prefix, parameter('allowed.paths'), sources), sources));
        break;
      case `${PACKAGE}DirectoryConfigProvider`:
        providers.set(name, directoryProvider(allowedPaths(prefix, parameter('allowed.paths'), sources), sources));
        break;
      case `${PACKAGE}EnvVarConfigProvider`:
        providers.set(name, environmentProvider(parameter('allowlist.pattern'), sources));
        break;
      default:
        throw ConfigException.of(
          `${prefix}class`,
          className,
          'Could not load config provider class or one of its dependencies',
          'Use FileConfigProvider, DirectoryConfigProvider or EnvVarConfigProvider of org.apache.kafka.common.config.provider.',
        );
    }
  }
  return providers;
}

function fileProvider(allowed: (path: string) => string | null, sources: ConfigSources): Provider {
  return (path, key) => {
    const permitted = allowed(path);
    if (path === '' || permitted === null) return null;
    const content = sources.readFile(permitted);
    if (content === null) throw new ConfigException(`Could not read properties from file ${path}`);
    return parseProperties(content).entries.get(key)?.value ?? null;
  };
}

function directoryProvider(allowed: (path: string) => string | null, sources: ConfigSources): Provider {
  return (path, key) => {
    const permitted = allowed(path);
    if (path === '' || permitted === null || !sources.list(permitted)?.includes(key)) return null;
    const content = sources.readFile(`${permitted}/${key}`);
    if (content === null) throw new ConfigException(`Could not read file ${permitted}/${key} for property ${key}`);
    return Buffer.from(content.buffer, content.byteOffset, content.byteLength)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  };
}

function environmentProvider(pattern: string | undefined, { environment }: ConfigSources): Provider {
  const permitted = compiled(pattern ?? '.*');
  return (path, key) => {
    if (path !== '')
      throw new ConfigException(`Path is not supported for EnvVarConfigProvider, invalid value '${path}'`);
    return permitted.test(key) ? (environment[key] ?? null) : null;
  };
}

function compiled(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    throw new ConfigException(`allowlist.pattern is no regular expression: ${pattern}`);
  }
}

/** AllowedPaths (KIP-993): null where a list of folders is given and the path is in none of them. */
function allowedPaths(
  prefix: string,
  given: string | undefined,
  sources: ConfigSources,
): (path: string) => string | null {
  if (given === undefined || given === '') return (path) => path;
  const key = `${prefix}param.allowed.paths`;
  const folders = given.split(',').map((folder) => {
    if (!folder.startsWith('/')) throw new ConfigException(`Path ${folder} is not absolute`, [key]);
    if (!sources.exists(folder)) throw new ConfigException(`Path ${folder} does not exist`, [key]);
    return normalisePath(folder);
  });
  return (path) => {
    const normal = normalisePath(path);
    return folders.some((folder) => normal === folder || normal.startsWith(folder === '/' ? '/' : `${folder}/`))
      ? normal
      : null;
  };
}

/** Path.normalize: `.` and `..` resolved without looking at the disk. */
function normalisePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..' && parts.length > 0) parts.pop();
    else if (part !== '' && part !== '.' && part !== '..') parts.push(part);
  }
  return (path.startsWith('/') ? '/' : '') + parts.join('/');
}

function withKey<T>(key: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof ConfigException && error.keys.length === 0) throw new ConfigException(error.message, [key]);
    throw error;
  }
}
