import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigDef } from '../config/config-def';
import { Decimal } from '../data/decimal';
import { arrayOf, mapOf, schemaOf, structOf } from '../data/schema';
import { Struct } from '../data/struct';
import type { Logger } from '../log';
import type { PluginData, PluginDeclaration } from './api';
import { type PluginDesc, TYPE_ORDER } from './plugins';

/** What data with a schema is made of. Structs are known by their class, which a module cannot import from a bundle. */
const DATA: PluginData = { Struct, Decimal, schemaOf, structOf, arrayOf, mapOf };

const MODULE = /\.[cm]?js$/;

/** Modules of one entry of plugin.path: a file, what a package names, or what is in a folder: modules, and packages. */
function modulesAt(path: string): string[] {
  if (!statSync(path).isDirectory()) return MODULE.test(path) ? [path] : [];
  return (
    namedMain(path) ??
    readdirSync(path)
      .sort()
      .flatMap((name) => modulesIn(join(path, name)))
  );
}

function modulesIn(inner: string): string[] {
  if (!statSync(inner).isDirectory()) return MODULE.test(inner) ? [inner] : [];
  return namedMain(inner) ?? firstThere([join(inner, 'index.js'), join(inner, 'index.mjs')]) ?? [];
}

/** The module that a package.json in a folder names; undefined where there is none. */
function namedMain(folder: string): string[] | undefined {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return undefined;
  const { exports, main } = packageAt(file);
  const named = exported(exports) ?? (typeof main === 'string' ? main : undefined);
  if (named === undefined) return undefined;
  const path = join(folder, named);
  return firstThere([path, `${path}.js`, join(path, 'index.js')]);
}

/** What no package.json is names nothing, as to `require`. */
function packageAt(file: string): { readonly exports?: unknown; readonly main?: unknown } {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) ?? {};
  } catch {
    return {};
  }
}

const firstThere = (files: readonly string[]): string[] | undefined => {
  const there = files.find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
  return there === undefined ? undefined : [there];
};

/** Those under which `import` looks in the `exports` of a package. */
const CONDITIONS: ReadonlySet<string> = new Set(['.', 'node', 'import', 'default']);

/** What `exports` makes of the package's own name. */
function exported(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports;
  if (typeof exports !== 'object' || exports === null) return undefined;
  for (const [condition, inner] of Object.entries(exports)) {
    const found = CONDITIONS.has(condition) ? exported(inner) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
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
        plugins.push(...described(await declared(file)));
        log.info(`Loaded plugins of ${file}`);
      } catch (thrown) {
        log.error(`Failed to load plugins of ${file}`, thrown);
      }
    }
  }
  return plugins;
}

/** The modules that an entry of plugin.path stands for; says so where there are none. */
export function modulesOf(path: string, log: Logger): string[] {
  if (path.endsWith('.jar')) {
    log.info(`Passing over ${path}: Java's connectors are not run here; the file connectors are built in`);
    return [];
  }
  try {
    const modules = modulesAt(resolve(path));
    if (modules.length === 0) {
      log.warn(`No modules of JavaScript (.js, .mjs, .cjs) at ${path}; TypeScript has to be compiled first`);
    }
    return modules;
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

/** Plug-ins as the worker keeps them. Throws where a declaration lacks something. */
export const described = (declarations: readonly PluginDeclaration[]): PluginDesc[] =>
  declarations.map((declaration, index) => {
    const { className, type, version, config, create } = declaration ?? {};
    if (typeof className !== 'string' || className === '') throw new Error(`plugins[${index}] has no className`);
    if (!TYPE_ORDER.includes(type)) {
      throw new Error(`${className} is of type ${type}, which is none of ${TYPE_ORDER.join(', ')}`);
    }
    if (typeof create !== 'function') throw new Error(`${className} has no create()`);
    return {
      className,
      type,
      version: version ?? 'undefined',
      config: new ConfigDef(config ?? []),
      create: () => declaration.create(DATA),
    } as PluginDesc;
  });
