import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

/** Holds the layers of ARCHITECTURE.md and what of STYLE.md a machine can see. */

const ROOT = join(__dirname, '..');
const PACKAGES = join(ROOT, 'packages');
const MAX_LINES = 400;
/** Tables are as long as what they list. */
const TABLES = ['packages/protocol/src/errors.ts'];

interface Source {
  /** From the root, such as `packages/broker/src/log/segment.ts`. */
  readonly path: string;
  readonly text: string;
  /** What it imports: paths from the root for our own files, package names for others. */
  readonly imports: readonly string[];
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    if (name === 'node_modules' || name === 'dist') return [];
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

function resolveImport(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return normalize(join(dirname(from), specifier));
  const own = /^@odradek\/(\w+)\/(.*)$/.exec(specifier);
  return own ? `packages/${own[1]}/src/${own[2]}` : specifier;
}

function readSource(file: string): Source {
  const path = relative(ROOT, file);
  const text = readFileSync(file, 'utf8');
  const imports = [
    ...text.matchAll(/(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+'([^']+)'|(?:import|require)\('([^']+)'\)/g),
  ];
  return { path, text, imports: imports.map((match) => resolveImport(path, match[1] ?? match[2]!)) };
}

const sources = filesBelow(PACKAGES)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  .map(readSource);
const isTest = ({ path }: Source): boolean =>
  /\/test-[a-z-]+\.ts$/.test(path) ||
  path.endsWith('.test.ts') ||
  path.includes('/testing/') ||
  path.includes('/vectors/');
const production = sources.filter((source) => !isTest(source));
const inFolder = (folder: string) => production.filter(({ path }) => path.startsWith(`packages/${folder}/`));
const broker = inFolder('broker');

/** Everything that breaks a rule, as `file → import`. */
function offences(from: readonly Source[], isForbidden: (imported: string, source: Source) => boolean): string[] {
  return from.flatMap((source) =>
    source.imports
      .filter((imported) => isForbidden(imported, source))
      .map((imported) => `${source.path} → ${imported}`),
  );
}

const isOwn = (imported: string): boolean => imported.startsWith('packages/');

describe('layers', () => {
  test('there is something to look at', () => {
    expect(production.length).toBeGreaterThan(100);
    expect(production.flatMap(({ imports }) => imports).length).toBeGreaterThan(200);
  });

  test('protocol imports nothing of the other packages', () => {
    expect(offences(inFolder('protocol'), (it) => isOwn(it) && !it.startsWith('packages/protocol/'))).toEqual([]);
  });

  test('in protocol only the codecs and checksums of records/ import libraries', () => {
    const allowed = /^packages\/protocol\/src\/records\//;
    expect(offences(inFolder('protocol'), (it, { path }) => !isOwn(it) && !allowed.test(path))).toEqual([]);
  });

  test('broker imports protocol only, tools import protocol only', () => {
    expect(offences(broker, (it) => isOwn(it) && !/^packages\/(broker|protocol)\//.test(it))).toEqual([]);
    expect(offences(inFolder('tools'), (it) => isOwn(it) && !/^packages\/(tools|protocol)\//.test(it))).toEqual([]);
  });

  test('the embedded cluster imports broker and protocol only', () => {
    const own = /^packages\/(odradek|broker|protocol)\//;
    expect(offences(inFolder('odradek'), (it) => isOwn(it) && !own.test(it))).toEqual([]);
  });

  test('Connect imports the client and the shared pieces of the tools, and protocol', () => {
    const own =
      /^packages\/(connect|protocol)\/|^packages\/tools\/src\/(client\/|jackson\/|java-[a-z]+$|print$|tool-error$)/;
    expect(offences(inFolder('connect'), (it) => isOwn(it) && !own.test(it))).toEqual([]);
  });

  test('what a container runs imports settings of the broker only', () => {
    const own = /^packages\/(container|broker\/src\/config)\//;
    expect(offences(inFolder('container'), (it) => isOwn(it) && !own.test(it))).toEqual([]);
  });

  test('the console imports the client of the tools, what finds records and what talks to ZooKeeper, and protocol', () => {
    const pieces =
      'client/|consumer/find$|offsets/list-offsets$|tool-error$|zookeeper-shell/(client|connection|errors)$';
    const own = new RegExp(
      `^packages/(console|protocol)/|^packages/tools/src/(${pieces})|^packages/broker/src/env/console$`,
    );
    expect(offences(inFolder('console'), (it) => isOwn(it) && !own.test(it))).toEqual([]);
  });

  test('nobody imports the console: it is a program of its own', () => {
    const others = production.filter(({ path }) => !path.startsWith('packages/console/'));
    expect(offences(others, (it) => it.startsWith('packages/console/'))).toEqual([]);
  });

  test('in the broker only env/node and main.ts touch what runs on the machine', () => {
    const machine =
      /^(node:(fs|net|os|child_process|timers|dns|worker_threads|http)(\/.*)?|pino|node-zookeeper-client.*|fs-native-extensions)$/;
    const shell = /^packages\/broker\/src\/(env\/node\/|main\.ts)/;
    expect(offences(broker, (it, { path }) => machine.test(it) && !shell.test(path))).toEqual([]);
  });

  test('outside env/node nobody asks for time or chance but through the ports', () => {
    const calls =
      /\b(Date\.now|new Date\(\)|performance\.now|process\.hrtime|Math\.random|setTimeout|setInterval|setImmediate)\b/;
    const offenders = broker
      .filter(({ path }) => !/\/env\/(node|testing|simulation)\//.test(path))
      .filter(({ text }) => calls.test(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')));
    expect(offenders.map(({ path }) => path)).toEqual([]);
  });

  test('only broker.ts and main.ts are above the rooms', () => {
    const top = /^packages\/broker\/src\/[^/]+$/;
    expect(offences(broker, (it, { path }) => top.test(it) && !top.test(path))).toEqual([]);
  });

  /** What a coordinator knows of the partitions that it keeps its state in. */
  const COORDINATION = [
    'coordinator-partition',
    'hosted-partitions',
    'partition-writer',
    'replay-losses',
    'settled-append',
  ].map((file) => `replication/${file}`);

  // Room → rooms that it may import; every room may import `env` and itself.
  const ROOMS: Readonly<Record<string, readonly string[]>> = {
    env: [],
    log: [],
    config: [],
    network: ['api/handler', 'quotas/sampled-rate', 'quotas/throttle-time', 'quotas/used-lately'],
    zookeeper: ['config'],
    cluster: ['config', 'zookeeper', 'network'],
    replication: ['cluster', 'log'],
    controller: ['cluster', 'config', 'zookeeper'],
    groups: ['config', ...COORDINATION],
    transactions: ['cluster', 'config', 'network', ...COORDINATION],
    quotas: ['config'],
    metrics: ['config'],
    api: [
      'cluster',
      'config',
      'controller',
      'groups',
      'log',
      'metrics',
      'network/buffer-pool',
      'quotas',
      'replication',
      'transactions',
      'zookeeper',
    ],
  };

  test.each(Object.keys(ROOMS))('%s imports downwards only', (room) => {
    const allowed = [room, 'env/', ...ROOMS[room]!].map((name) => `packages/broker/src/${name}`);
    const own = broker.filter(({ path }) => path.startsWith(`packages/broker/src/${room}/`));
    const forbidden = (it: string): boolean =>
      it.startsWith('packages/broker/') && !allowed.some((start) => it.startsWith(start));
    expect(offences(own, forbidden)).toEqual([]);
  });

  test('env imports nothing of the broker above it', () => {
    const own = broker.filter(({ path }) => path.startsWith('packages/broker/src/env/') && !path.includes('/node/'));
    expect(
      offences(own, (it) => it.startsWith('packages/broker/') && !it.startsWith('packages/broker/src/env/')),
    ).toEqual([]);
  });

  test('every room is known', () => {
    const rooms = new Set(
      broker
        .map(({ path }) => path.split('/'))
        .filter((parts) => parts.length > 4)
        .map((parts) => parts[3]!),
    );
    expect([...rooms].filter((room) => !(room in ROOMS))).toEqual([]);
  });
});

describe('files', () => {
  test('none is longer than a reader likes', () => {
    const long = production
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ path, lines }) => lines > MAX_LINES && !TABLES.includes(path));
    expect(long).toEqual([]);
  });

  test('there are no cycles of values', () => {
    const files = new Map(production.map((source) => [source.path, source]));
    const values = (source: Source): string[] =>
      [...source.text.matchAll(/(?:^|\n)(?:import|export)\s+(?!type\b)([^;]*?)from\s+'([^']+)'/g)]
        .filter((match) => /[^\s{},]/.test(match[1]!.replace(/\btype\s+\w+(\s+as\s+\w+)?/g, '')))
        .map((match) => resolveImport(source.path, match[2]!))
        .map((imported) => (files.has(`${imported}.ts`) ? `${imported}.ts` : `${imported}/index.ts`));
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      const source = files.get(path);
      if (!source || state.get(path) === 'done') return;
      if (state.get(path) === 'open') {
        cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
        return;
      }
      state.set(path, 'open');
      for (const next of values(source)) visit(next, [...trail, path]);
      state.set(path, 'done');
    };
    for (const path of files.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });

  test('one API, one file, two lists', () => {
    const names = (folder: string): string[] =>
      filesBelow(join(PACKAGES, folder))
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('index.ts'))
        .map((file) => relative(join(PACKAGES, folder), file).replace(/\.ts$/, ''));
    const list = (file: string): Set<string> =>
      new Set(readSource(join(PACKAGES, file)).imports.map((imported) => imported.split('/').pop()!));
    expect(names('protocol/src/messages').filter((name) => !list('protocol/src/messages/index.ts').has(name))).toEqual(
      [],
    );
  });
});
