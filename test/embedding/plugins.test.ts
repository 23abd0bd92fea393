import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '../support/ports';
import { home, removeDir, ServerProcess, tempDir, writeProperties } from '../support/process';
import { runTool } from '../support/tool';

// The package `odradek` as npm would install it, in an empty folder, and a connector written there in TypeScript.

const TYPES = ['@types/node', 'undici-types'];
const MISTAKES = `import type { SourceConnector } from 'odradek/connect';
import { startCluster } from 'odradek';

export const wrong: Partial<SourceConnector> = {
  // @ts-expect-error plain objects are no settings
  taskConfigs: () => [{ topic: 'numbers' }],
};
export const ports = async (): Promise<number[]> => (await startCluster({ brokers: 2 })).brokers.map(({ port }) => port);
// @ts-expect-error
export const misspelt = () => startCluster({ broker: 2 });
`;

let folder: string;
beforeAll(() => {
  folder = tempDir('plugins');
  const odradek = path.join(home, 'packages', 'odradek');
  const packed = execFileSync('npm', ['pack', odradek, '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: folder,
  });
  const [{ filename }] = JSON.parse(String(packed)) as [{ filename: string }];
  const modules = path.join(folder, 'node_modules');
  fs.mkdirSync(path.join(modules, '@types'), { recursive: true });
  execFileSync('tar', ['-xzf', path.join(folder, filename), '-C', modules]);
  fs.renameSync(path.join(modules, 'package'), path.join(modules, 'odradek'));
  for (const name of TYPES) fs.symlinkSync(path.join(home, 'node_modules', name), path.join(modules, name));
  const example = /```ts\n\/\/ counter\.ts\n(.*?)```/s.exec(
    fs.readFileSync(path.join(home, 'docs', 'connect.md'), 'utf8'),
  );
  fs.writeFileSync(path.join(folder, 'counter.ts'), example![1]!);
  fs.writeFileSync(path.join(folder, 'mistakes.ts'), MISTAKES);
});
afterAll(() => removeDir(folder));

/** Compiles what is there as a package of one kind of modules. Throws what the compiler says. */
function compile(type: 'commonjs' | 'module', module: string, resolution: string, outDir: string): void {
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ type, main: 'dist/counter.js' }));
  const options = ['--strict', '--target', 'es2022', '--module', module, '--moduleResolution', resolution];
  const args = [...options, '--types', 'node', '--outDir', outDir, 'counter.ts', 'mistakes.ts'];
  try {
    execFileSync(path.join(home, 'node_modules', '.bin', 'tsc'), args, { cwd: folder });
  } catch (error) {
    throw new Error(String((error as { stdout: Buffer }).stdout));
  }
}

test.each([
  ['commonjs', 'node16', 'node16'],
  ['module', 'esnext', 'bundler'],
] as const)('its types are found from a package of %s with module %s, resolution %s', (type, module, resolution) => {
  compile(type, module, resolution, 'checked');
});

test('the connector of the documentation counts', async () => {
  compile('module', 'node16', 'node16', 'dist');
  const { startCluster } = require(path.join(home, 'packages', 'odradek', 'dist', 'index.js'));
  const cluster = await startCluster();
  let worker: ServerProcess | undefined;
  try {
    const file = path.join(folder, 'worker.properties');
    const json = 'org.apache.kafka.connect.json.JsonConverter';
    writeProperties(file, {
      'bootstrap.servers': cluster.bootstrapServers,
      'key.converter': json,
      'value.converter': json,
      'value.converter.schemas.enable': 'false',
      'offset.storage.file.filename': path.join(folder, 'offsets'),
      listeners: `http://127.0.0.1:${await freePort()}`,
      'plugin.path': folder,
    });
    const connector = path.join(folder, 'count.json');
    const config = { 'connector.class': 'example.Counter', topic: 'numbers' };
    fs.writeFileSync(connector, JSON.stringify({ name: 'count', config }));
    worker = new ServerProcess(path.join(home, 'bin', 'connect-standalone.sh'), [file, connector]);
    await worker.until(() => worker!.log().includes('Created connector count'));
    const read = ['--bootstrap-server', cluster.bootstrapServers, '--topic', 'numbers', '--from-beginning'];
    const { stdout } = await runTool('kafka-console-consumer', [...read, '--max-messages', '3']);
    expect(stdout.trimEnd().split('\n')).toEqual(['{"n":0}', '{"n":1}', '{"n":2}']);
  } finally {
    await worker?.stop();
    await cluster.stop();
  }
});
