import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/ports';
import { home, removeDir, ServerProcess, tempDir } from '../support/process';
import { TutorialCluster } from './cluster';

// Section 6 of the tutorials: Connect, typed in a folder of its own.

const AT = '--bootstrap-server localhost:9092';

let cluster: TutorialCluster;
let folder: string;
let worker: ServerProcess | undefined;

beforeAll(async () => {
  cluster = await TutorialCluster.start();
});
afterAll(() => cluster?.stop());

beforeEach(async () => {
  folder = tempDir('connect');
  cpSync(join(home, 'config'), join(folder, 'config'), { recursive: true });
  const properties = join(folder, 'config', 'connect-standalone.properties');
  const text = readFileSync(properties, 'utf8')
    .replace('localhost:9092', `localhost:${cluster.broker}`)
    .replace('/tmp/connect.offsets', join(folder, 'connect.offsets'));
  writeFileSync(properties, `${text}\nlisteners=http://localhost:${await freePort()}\n`);
});
afterEach(async () => {
  await worker?.stop();
  removeDir(folder);
});

/** Types a line in the folder; bin/ is the project's. */
function started(line: string): ServerProcess {
  worker = new ServerProcess('/bin/sh', ['-c', `cd ${folder} && exec ${line.replace('bin/', `${home}/bin/`)}`]);
  return worker;
}

const read = (file: string): string => readFileSync(join(folder, file), { encoding: 'utf8', flag: 'a+' });
const enveloped = (text: string): string =>
  `{"schema":{"type":"string","optional":false},"payload":${JSON.stringify(text)}}`;

test('6.1 lines of test.txt go to connect-test and on to test.sink.txt', async () => {
  const configs = 'config/connect-file-source.properties config/connect-file-sink.properties';
  const line = `bin/connect-standalone.sh config/connect-standalone.properties ${configs}`;
  appendFileSync(join(folder, 'config/connect-standalone.properties'), 'plugin.path=libs/connect-file-3.6.1.jar\n');
  writeFileSync(join(folder, 'test.txt'), 'foo\nbar\n');

  const first = started(line);
  await first.until(() => read('test.sink.txt') === 'foo\nbar\n');
  appendFileSync(join(folder, 'test.txt'), 'test\n');
  await first.until(() => read('test.sink.txt') === 'foo\nbar\ntest\n');
  const shown = await cluster.type(
    `bin/kafka-console-consumer.sh ${AT} --topic connect-test --from-beginning --max-messages 3`,
  );
  expect(shown.trimEnd().split('\n')).toEqual(['foo', 'bar', 'test'].map(enveloped));
  expect(await first.stop()).toEqual({ code: 143, signal: null });

  // The next worker goes on where this one left off.
  appendFileSync(join(folder, 'test.txt'), 'again\n');
  await started(line).until(() => read('test.sink.txt') === 'foo\nbar\ntest\nagain\n');
});

test('6.2 without schemas values are plain', async () => {
  const properties = join(folder, 'config/connect-standalone.properties');
  writeFileSync(properties, readFileSync(properties, 'utf8').replaceAll('schemas.enable=true', 'schemas.enable=false'));
  const sink = join(folder, 'config/connect-file-sink.properties');
  writeFileSync(sink, readFileSync(sink, 'utf8').replace('topics=connect-test', 'topics=topic3'));
  await cluster.type(`bin/kafka-console-producer.sh --topic topic3 ${AT}`, '"plain"\n{"b":1,"a":[2.5,null]}\n');

  const sinkAlone =
    'bin/connect-standalone.sh config/connect-standalone.properties config/connect-file-sink.properties';
  await started(sinkAlone).until(() => read('test.sink.txt') === 'plain\n{a=[2.5, null], b=1}\n');
});

test.each([
  ['', 1, 'USAGE: '],
  ['nope.properties', 2, 'java.nio.file.NoSuchFileException: nope.properties'],
  ['config/connect-standalone.properties nope.json', 3, 'java.io.FileNotFoundException: nope.json'],
])('connect-standalone.sh %s ends with %i', async (args, code, text) => {
  const ended = started(`bin/connect-standalone.sh ${args}`);
  expect((await ended.ended).code).toBe(code);
  expect(ended.log()).toContain(text);
});
