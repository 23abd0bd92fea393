import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bufferedOuts } from '@odradek/tools/print';
import { type Struct, validateValue } from '../data/struct';
import { Loggers } from '../log';
import type { PluginDeclaration, SourceConnector } from './api';
import { described, modulesOf } from './user-plugins';

const create = () => ({});
/** One that does nothing. */
const CONNECTOR = {} as SourceConnector;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plugins-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text = ''): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** The modules of a path within the folder, and what was said. */
function found(path = '.'): { readonly modules: string[]; readonly log: string } {
  const io = bufferedOuts();
  const modules = modulesOf(join(folder, path), new Loggers(io.outs.stdout).logger('scanner'));
  return { modules: modules.map((file) => file.slice(folder.length + 1)), log: io.stdout() };
}

test('a folder gives its modules, in order, and the packages in it', () => {
  for (const file of ['b.js', 'a.mjs', 'c.cjs', 'notes.md', 'd.ts', 'plain/index.js', 'helpers/x.js']) write(file);
  write(
    'esm/package.json',
    '{"name":"esm","type":"module","exports":{".":{"types":"./x.d.ts","import":"./entry.js"}}}',
  );
  write('esm/entry.js');
  write('named/package.json', '{"main":"lib/main.js"}');
  write('named/lib/main.js');
  write('new/index.mjs');
  write('plain/package.json', '{');
  expect(found().modules).toEqual([
    'a.mjs',
    'b.js',
    'c.cjs',
    'esm/entry.js',
    'named/lib/main.js',
    'new/index.mjs',
    'plain/index.js',
  ]);
});

test('the folder of a package gives what its package.json names, and else its modules', () => {
  write('package.json', '{"main":"dist/main.js"}');
  write('jest.config.js');
  write('dist/main.js');
  expect(found().modules).toEqual(['dist/main.js']);
  write('package.json', '{"type":"module"}');
  expect(found().modules).toEqual(['jest.config.js']);
});

test.each([
  ['counter.ts', 'counter.ts'],
  ['src/counter.ts', 'src'],
])('what holds no JavaScript is said to: %s', (file, path) => {
  write(file);
  const { modules, log } = found(path);
  expect(modules).toEqual([]);
  expect(log).toMatch(
    /WARN No modules of JavaScript \(\.js, \.mjs, \.cjs\) at .*; TypeScript has to be compiled first/,
  );
});

test.each<[unknown, string]>([
  [{ type: 'source', create }, 'plugins[0] has no className'],
  [{ className: 'a.B', type: 'sauce', create }, 'a.B is of type sauce, which is none of sink, source,'],
  [{ className: 'a.B', create }, 'a.B is of type undefined, which'],
  [{ className: 'a.B', type: 'source' }, 'a.B has no create()'],
  [null, 'plugins[0] has no className'],
])('a declaration that is of no use is told of: %j', (declaration, message) => {
  expect(() => described([declaration as PluginDeclaration])).toThrow(message);
});

test('a declaration needs no version and no settings', () => {
  expect(described([{ className: 'a.B', type: 'source', create: () => CONNECTOR }])).toMatchObject([
    { className: 'a.B', type: 'source', version: 'undefined' },
  ]);
});

test('what makes a plug-in is given the classes of data, which no module could find by itself', () => {
  const made: unknown[] = [];
  const [plugin] = described([
    {
      className: 'a.B',
      type: 'source',
      create: ({ Struct, schemaOf, structOf }) => {
        const schema = structOf([['n', schemaOf('INT32')]]);
        made.push(new Struct(schema).put('n', 1));
        return CONNECTOR;
      },
    },
  ]);
  plugin!.create();
  const [struct] = made as [Struct];
  expect(() => validateValue(struct.schema, struct)).not.toThrow();
  expect(struct.get('n')).toBe(1);
});
