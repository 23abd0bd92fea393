import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigDef, type ConfigKey } from '../config/config-def';
import type { Logger } from '../log';
import type { PluginDesc, PluginType } from './plugins';

/** A plug-in as a module of a user's declares it. */
export interface PluginDeclaration {
  /** The name that `connector.class` (or `transforms.x.type`, `key.converter`) gives. */
  readonly className: string;
  readonly type: PluginType;
  readonly version?: string;
  readonly config?: readonly ConfigKey[];
  create(): unknown;
}

const MODULE = /\.[cm]?js$/;

/** Modules of one entry of plugin.path: a file, or those in a folder, or in folders within it. */
function modulesAt(path: string): string[] {
  if (!statSync(path).isDirectory()) return MODULE.test(path) ? [path] : [];
  return readdirSync(path)
    .sort()
    .flatMap((name) => {
      const inner = join(path, name);
      if (!statSync(inner).isDirectory()) return MODULE.test(name) ? [inner] : [];
      return mainOf(inner) ?? [];
    });
}

/** What `require` makes of a folder; undefined where it is no package. */
function mainOf(folder: string): string | undefined {
  try {
    return createRequire(join(folder, 'x.js')).resolve(folder);
  } catch {
    return undefined;
  }
}

/**
 * The plug-ins of all modules on plugin.path. What cannot be loaded is told of and left out, as Apache's worker does it;
 * archives of Java's are passed over: what they bring is either built in or not to be had.
 */
export async function loadPlugins(paths: readonly string[], log: Logger): Promise<PluginDesc[]> {
  const plugins: PluginDesc[] = [];
  for (const path of paths.filter(Boolean)) {
    for (const file of modulesOf(path, log)) {
      try {
        plugins.push(...(await declared(file)).map(describe));
        log.info(`Loaded plugins of ${file}`);
      } catch (thrown) {
        log.error(`Failed to load plugins of ${file}`, thrown);
      }
    }
  }
  return plugins;
}

function modulesOf(path: string, log: Logger): string[] {
  if (path.endsWith('.jar')) {
    log.info(`Passing over ${path}: Java's connectors are not run here; the file connectors are built in`);
    return [];
  }
  try {
    return modulesAt(resolve(path));
  } catch (thrown) {
    log.error(`Could not get listing for plugin path: ${path}. Ignoring. (${(thrown as Error).message})`);
    return [];
  }
}

interface PluginModule {
  readonly plugins?: readonly PluginDeclaration[];
  readonly default?: { readonly plugins?: readonly PluginDeclaration[] };
}

/** Imports at run time whatever the bundler makes of `import`. */
const importModule = (url: string): Promise<PluginModule> => import(/* @vite-ignore */ url);

async function declared(file: string): Promise<readonly PluginDeclaration[]> {
  const loaded = await importModule(pathToFileURL(file).href);
  const plugins = loaded.plugins ?? loaded.default?.plugins;
  if (!Array.isArray(plugins)) throw new Error(`${file} exports no list of plugins`);
  return plugins;
}

const describe = ({ className, type, version, config, create }: PluginDeclaration): PluginDesc =>
  ({ className, type, version: version ?? 'undefined', config: new ConfigDef(config ?? []), create }) as PluginDesc;
