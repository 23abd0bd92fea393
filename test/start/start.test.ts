import fs from 'node:fs';
import path from 'node:path';
import { ask, freePorts } from '../support/ports';
import { home, removeDir, ServerProcess, tempDir, writeProperties } from '../support/process';
import { runningServers } from '../support/servers';
import { runTool } from '../support/tool';

// No npm in between: it belongs to the machine, and `npm start` is `exec node scripts/start.mjs`.
const script = path.join(home, 'scripts', 'start.mjs');
const JVM = { KAFKA_HEAP_OPTS: '-Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1' };

interface Place {
  readonly dir: string;
  readonly zooKeeperPort: number;
  /** Of the first broker. */
  readonly brokerPort: number;
  readonly brokerPorts: readonly number[];
  /** ZooKeeper's, then one for each broker. */
  readonly files: readonly [string, string, ...string[]];
}

async function newPlace(brokers = 1): Promise<Place> {
  const dir = tempDir('start');
  const [zooKeeperPort, ...brokerPorts] = (await freePorts(1 + brokers)) as [number, number];
  const zooKeeperFile = path.join(dir, 'zookeeper.properties');
  writeProperties(zooKeeperFile, {
    dataDir: `${dir}/zookeeper`,
    clientPort: zooKeeperPort,
    'admin.enableServer': 'false',
  });
  const brokerFiles = brokerPorts.map((port, id) => {
    const file = path.join(dir, `server-${id}.properties`);
    writeProperties(file, {
      'broker.id': id,
      listeners: `PLAINTEXT://127.0.0.1:${port}`,
      'log.dirs': `${dir}/logs-${id}`,
      'zookeeper.connect': `127.0.0.1:${zooKeeperPort}`,
    });
    return file;
  }) as [string, ...string[]];
  return { dir, zooKeeperPort, brokerPort: brokerPorts[0]!, brokerPorts, files: [zooKeeperFile, ...brokerFiles] };
}

const start = ({ dir, files }: Place) =>
  new ServerProcess(process.execPath, [script, ...files], { ...JVM, LOG_DIR: path.join(dir, 'out') });

const listens = async (port: number) => (await ask(port, 'srvr', () => true)) !== undefined;
const saysWhatNext = (run: ServerProcess) => () => run.log().includes('Ctrl-C stops everything');

describe('npm start', () => {
  let place: Place;
  beforeEach(async () => {
    place = await newPlace();
  });
  afterEach(() => removeDir(place.dir));

  test('serves, stops everything on Ctrl-C, and finds its data again', async () => {
    const shell = (...words: string[]) => runTool('zookeeper-shell', [`127.0.0.1:${place.zooKeeperPort}`, ...words]);

    const first = start(place);
    await first.until(saysWhatNext(first));
    expect(first.log()).toContain(`--bootstrap-server 127.0.0.1:${place.brokerPort}`);
    const [, webConsole] = /The cluster in a browser: (http:\/\/localhost:\d+)\n/.exec(first.log())!;
    expect(await (await fetch(`${webConsole}/api/session`)).json()).toMatchObject({ brokerId: 0, changes: false });
    await shell('create', '/kept', 'yes');
    const { stdout: clusterId } = await shell('get', '/cluster/id');
    await expect(first.stop('SIGINT')).resolves.toEqual({ code: 0, signal: null });
    expect([await listens(place.zooKeeperPort), await listens(place.brokerPort)]).toEqual([false, false]);

    const second = start(place);
    await second.until(saysWhatNext(second));
    expect((await shell('get', '/kept')).stdout).toContain('\nyes\n');
    expect((await shell('get', '/cluster/id')).stdout).toBe(clusterId);
    await expect(second.stop('SIGTERM')).resolves.toEqual({ code: 143, signal: null });
    expect([await listens(place.zooKeeperPort), await listens(place.brokerPort)]).toEqual([false, false]);
  });

  test('an occupied port: one line that names it and the setting', async () => {
    const first = start(place);
    await first.until(saysWhatNext(first));
    const second = start(place);
    await expect(second.ended).resolves.toEqual({ code: 1, signal: null });
    const line = `Port ${place.zooKeeperPort} is in use: stop what listens there, or change clientPort in ${place.files[0]}.\n`;
    expect(second.log().endsWith(line)).toBe(true);
    await first.stop('SIGINT');
  });

  test('even SIGKILL leaves neither server behind', async () => {
    const run = start(place);
    await run.until(saysWhatNext(run));
    await run.kill();
    const deadlineMs = Date.now() + 20_000;
    while ((await listens(place.zooKeeperPort)) || (await listens(place.brokerPort))) {
      if (Date.now() > deadlineMs) throw new Error('a server still listens');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  test('a server that cannot start: which, why, and exit code 1', async () => {
    fs.appendFileSync(place.files[1], 'zookeeper.session.timeout.ms=soon\n');
    const run = start(place);
    await expect(run.ended).resolves.toEqual({ code: 1, signal: null });
    expect(run.log()).toMatch(/The broker ended while starting \(exit code 1\).*zookeeper\.session\.timeout\.ms/s);
    expect(await listens(place.zooKeeperPort)).toBe(false);
  });

  test('a server that dies takes the other along, and its log is shown', async () => {
    const run = start(place);
    await run.until(saysWhatNext(run));
    const broker = (await runningServers('brokersAmong')).find(({ rest }) => rest?.includes(place.files[1]));
    process.kill(broker!.pid, 'SIGKILL');
    await expect(run.ended).resolves.toEqual({ code: 1, signal: null });
    expect(run.log()).toMatch(
      /The broker ended \(SIGKILL\)\. The end of .*kafkaServer\.out:\n.* started \(kafka\.server\.KafkaServer\)\n$/s,
    );
    expect(await listens(place.zooKeeperPort)).toBe(false);
  });

  test('three brokers: one that dies is told of, the others go on; Ctrl-C stops them all', async () => {
    removeDir(place.dir);
    place = await newPlace(3);
    const run = start(place);
    await run.until(saysWhatNext(run));
    expect(run.log()).toContain(' --replication-factor 3 ');
    // Made while all are there: groups must not wait for the broker that is ended next.
    const { stdout } = await runTool('zookeeper-shell', [
      `127.0.0.1:${place.zooKeeperPort}`,
      'get',
      '/brokers/topics/__consumer_offsets/partitions/0/state',
    ]);
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!).isr).toHaveLength(3);
    const second = (await runningServers('brokersAmong')).find(({ rest }) => rest?.includes(place.files[2]!));
    process.kill(second!.pid, 'SIGKILL');
    await run.until(() => run.log().includes(' ended (SIGKILL); 2 go on. To have it back: '));
    expect(run.log()).toContain(`bin/kafka-server-start.sh ${place.files[2]}\n`);
    expect(await Promise.all(place.brokerPorts.map(listens))).toEqual([true, false, true]);
    await expect(run.stop('SIGINT')).resolves.toEqual({ code: 0, signal: null });
    expect(await Promise.all([place.zooKeeperPort, ...place.brokerPorts].map(listens))).toEqual(Array(4).fill(false));
  });
});
