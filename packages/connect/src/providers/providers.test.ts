import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bufferedOuts } from '@odradek/tools/print';
import { Loggers } from '../log';
import type { ConfigProvider } from '../plugins/api';
import { builtinPlugins } from '../plugins/builtin';
import { Plugins } from '../plugins/plugins';
import { DirectoryConfigProvider, EnvVarConfigProvider, FileConfigProvider } from './builtin';
import { ConfigTransformer, configTransformer, hasReference } from './config-transformer';

const reference = (...parts: readonly string[]): string => `$\{${parts.join(':')}}`;

let folder: string;
let logged: () => string;
let loggers: Loggers;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'providers-'));
  writeFileSync(join(folder, 'a.properties'), 'name=secret\nspaced =  x y \nempty=\nunicode=\\u00e9 é\n');
  mkdirSync(join(folder, 'in'));
  writeFileSync(join(folder, 'in', 'key'), 'value\n');
  const { outs, text } = bufferedOutput();
  loggers = new Loggers(outs);
  logged = text;
});

afterEach(() => rmSync(folder, { recursive: true }));

function bufferedOutput() {
  const { outs } = bufferedOuts();
  let text = '';
  const write = (data: string | Uint8Array): void => {
    text += String(data);
  };
  return { outs: { ...outs.stdout, write }, text: () => text };
}

function made<T extends ConfigProvider>(provider: T, params: Record<string, string> = {}): T {
  provider.configure(new Map(Object.entries(params)), loggers.logger('test'));
  return provider;
}

async function resolve(text: string, providers: Record<string, ConfigProvider>): Promise<string | undefined> {
  const { props } = await new ConfigTransformer(new Map(Object.entries(providers))).transform(new Map([['x', text]]));
  return props.get('x');
}

it('puts values in the place of references and leaves what nobody knows', async () => {
  const file = made(new FileConfigProvider());
  const at = (key: string): string => reference('f', join(folder, 'a.properties'), key);
  const cases = {
    [at('name')]: 'secret',
    [`a${at('name')}b${at('spaced')}c`]: 'asecretbx y c',
    [at('empty')]: '',
    [at('unicode')]: 'é é',
    [at('nope')]: at('nope'),
    [reference('f', 'name')]: reference('f', 'name'),
    [reference('g', 'a', 'b') + at('name')]: `${reference('g', 'a', 'b')}secret`,
    ['$'.concat(at('name'))]: '$secret',
    plain: 'plain',
  };
  for (const [text, expected] of Object.entries(cases)) expect(await resolve(text, { f: file })).toBe(expected);
});

it('does not look at values again', async () => {
  const provider = { configure: () => undefined, get: () => ({ data: new Map([['k', reference('p', 'k')]]) }) };
  expect(await resolve(reference('p', 'k'), { p: provider })).toBe(reference('p', 'k'));
});

it('says which file cannot be read', async () => {
  const path = join(folder, 'nope.properties');
  await expect(resolve(reference('f', path, 'k'), { f: made(new FileConfigProvider()) })).rejects.toThrow(
    `Could not read properties from file ${path}`,
  );
});

it('takes files of a folder by their names', async () => {
  const providers = { d: made(new DirectoryConfigProvider()) };
  expect(await resolve(reference('d', join(folder, 'in'), 'key'), providers)).toBe('value\n');
  const untouched = [reference('d', folder, 'in'), reference('d', join(folder, 'nope'), 'key'), reference('d', 'key')];
  for (const each of untouched) expect(await resolve(each, providers)).toBe(each);
  expect(logged()).toContain(`WARN The path ${join(folder, 'nope')} is not a directory`);
});

it('reads within allowed.paths only', async () => {
  const params = { 'allowed.paths': join(folder, 'in') };
  const providers = { f: made(new FileConfigProvider(), params), d: made(new DirectoryConfigProvider(), params) };
  expect(await resolve(reference('d', `${folder}/./in/`, 'key'), providers)).toBe('value\n');
  for (const path of [join(folder, 'a.properties'), `${folder}/in/../a.properties`, `${folder}/in.properties`]) {
    expect(await resolve(reference('f', path, 'name'), providers)).toBe(reference('f', path, 'name'));
    expect(logged()).toContain(`WARN The path ${path} is not allowed to be accessed`);
  }
});

it.each([
  ['in', 'Path in is not absolute'],
  ['/nope,/', 'Path /nope does not exist'],
  ['/, /etc', 'Path  /etc is not absolute'],
])('refuses allowed.paths=%s', (paths, message) => {
  expect(() => made(new FileConfigProvider(), { 'allowed.paths': paths })).toThrow(message);
});

it('shows those variables of the environment whose whole name matches', async () => {
  const variables = { CONNECT_A: 'a', B_CONNECT_A: 'b', EMPTY: '' };
  const some = made(new EnvVarConfigProvider(variables), { 'allowlist.pattern': 'CONNECT_.*' });
  const all = made(new EnvVarConfigProvider(variables));
  expect(await resolve(reference('e', 'CONNECT_A') + reference('e', 'B_CONNECT_A'), { e: some })).toBe(
    `a${reference('e', 'B_CONNECT_A')}`,
  );
  expect(await resolve(reference('e', 'B_CONNECT_A') + reference('e', 'EMPTY'), { e: all })).toBe('b');
  await expect(resolve(reference('e', 'path', 'A'), { e: all })).rejects.toThrow(
    "Path is not supported for EnvVarConfigProvider, invalid value 'path'",
  );
});

it('asks a provider once for a path and tells the shortest time that values hold', async () => {
  const asked: string[] = [];
  const provider = {
    configure: () => undefined,
    get: async (path: string, keys: ReadonlySet<string>) => {
      asked.push(`${path} ${[...keys].join()}`);
      return { data: new Map([...keys].map((key) => [key, path])), ttlMs: path === 'a' ? 5 : 9 };
    },
  };
  const props = new Map([
    ['x', reference('p', 'a', '1') + reference('p', 'a', '2')],
    ['y', reference('p', 'b', '1')],
  ]);
  const resolved = await new ConfigTransformer(new Map([['p', provider]])).transform(props);
  expect(asked).toEqual(['a 1,2', 'b 1']);
  expect(resolved.ttlMs).toBe(5);
});

it("finds providers by config.providers and their classes' names", async () => {
  const settings = new Map([
    ['config.providers', 'f, none'],
    ['config.providers.f.class', 'org.apache.kafka.common.config.provider.FileConfigProvider'],
    ['x', reference('f', join(folder, 'a.properties'), 'name')],
  ]);
  const plugins = new Plugins(builtinPlugins());
  const { props } = await configTransformer(settings, plugins, loggers).transform(settings);
  expect(props.get('x')).toBe('secret');
  settings.set('config.providers.f.class', 'Nope');
  expect(() => configTransformer(settings, plugins, loggers)).toThrow(
    'Invalid value Nope for configuration config.providers.f.class: Could not load config provider class or one of its dependencies',
  );
});

it.each(['{a:b}', 'a:b', reference('a')])('%s is no reference', (text) => {
  expect(hasReference(text)).toBe(false);
});
