import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { Broker, type BrokerOptions } from '../support/broker';
import { freePort } from '../support/ports';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';

const SESSION = { 'zookeeper.session.timeout.ms': 2_000 };

let zooKeeper: TestZooKeeper;
const brokers: Broker[] = [];

beforeAll(async () => {
  zooKeeper = await startZooKeeper();
});
afterAll(() => zooKeeper.stop());
afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.remove();
});

async function prepare(options: Partial<BrokerOptions> = {}): Promise<Broker> {
  const settings = { ...SESSION, ...options.settings };
  const broker = await Broker.prepare({ zooKeeper: `${zooKeeper.connect}/${brokers.length}`, ...options, settings });
  brokers.push(broker);
  return broker;
}

/** Starts what must not start: its end, the one line that says why, and that nothing is left behind. */
async function refused(broker: Broker): Promise<string> {
  const ending = await broker.launch().ended;
  const log = broker.log();
  expect({ ...ending, log }).toMatchObject({ code: 1, signal: null });
  expect(log).not.toMatch(/^\s+at /m);
  const [reason, ...others] = log.match(/Fatal error during KafkaServer startup\. Prepare to shutdown: .*/g) ?? [];
  expect(others).toEqual([]);
  expect(log.trimEnd()).toMatch(/FATAL Exiting Kafka due to fatal exception during startup\. \(kafka\.Kafka\$\)$/);
  expect(fs.existsSync(path.join(broker.logDir, '.lock'))).toBe(false);
  return reason!;
}

const metaProperties = (broker: Broker, content: string): string => {
  fs.mkdirSync(broker.logDir, { recursive: true });
  const file = path.join(broker.logDir, 'meta.properties');
  fs.writeFileSync(file, content);
  return file;
};

describe('an address', () => {
  test('that another process listens on', async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as net.AddressInfo;
    const broker = await prepare({ settings: { listeners: `PLAINTEXT://127.0.0.1:${port}` } });
    const reason = await refused(broker);
    other.close();
    expect(reason).toContain(`Socket server failed to bind to 127.0.0.1:${port}`);
    expect(reason).toContain(`name another port than ${port} in listeners`);
    // The session has ended with the broker: its successor starts at once.
    await (await prepare({ zooKeeper: `${zooKeeper.connect}/0` })).start();
  });

  test('that is not this machine', async () => {
    const broker = await prepare({ settings: { listeners: 'PLAINTEXT://203.0.113.1:9092' } });
    const reason = await refused(broker);
    expect(reason).toContain('Socket server failed to bind to 203.0.113.1:9092');
    expect(reason).toContain('203.0.113.1 is no address of this machine: name one in listeners');
  });

  test('that another broker advertises', async () => {
    const [first, second] = [await prepare(), await prepare({ zooKeeper: `${zooKeeper.connect}/0` })];
    await first.start();
    fs.appendFileSync(path.join(second.dir, 'server.properties'), 'broker.id=1\n');
    fs.appendFileSync(
      path.join(second.dir, 'server.properties'),
      `advertised.listeners=PLAINTEXT://127.0.0.1:${first.port}\n`,
    );
    expect(await refused(second)).toContain(
      `requirement failed: Configured end points 127.0.0.1:${first.port} in advertised listeners are already registered by broker 0`,
    );
    expect(await first.serves()).toBe(true);
  });
});

describe('ZooKeeper', () => {
  test('that nobody has started', async () => {
    const nobody = `127.0.0.1:${await freePort()}`;
    const broker = await prepare({ zooKeeper: nobody, settings: { 'zookeeper.connection.timeout.ms': 500 } });
    const reason = await refused(broker);
    expect(reason).toContain('Timed out waiting for connection while in state: CONNECTING');
    expect(reason).toContain(`zookeeper.connect=${nobody}`);
    expect(reason).toContain('within 500 ms (zookeeper.connection.timeout.ms)');
    expect(fs.existsSync(broker.logDir)).toBe(false);
  });

  test('at an address that is none', async () => {
    const broker = await prepare({ zooKeeper: 'localhost:x' });
    expect(await refused(broker)).toContain("'localhost:x' is not host:port of a ZooKeeper server");
  });

  test('where a broker of the same id lives', async () => {
    const [first, second] = [await prepare(), await prepare({ zooKeeper: `${zooKeeper.connect}/0` })];
    await first.start();
    const reason = await refused(second);
    expect(reason).toContain('KeeperErrorCode = NodeExists for /brokers/ids/0');
    expect(reason).toContain('Give this one a broker.id of its own');
    expect(await first.serves()).toBe(true);
  });
});

describe('a log folder', () => {
  test('of another cluster stays as it is', async () => {
    const broker = await prepare();
    const file = metaProperties(broker, 'broker.id=0\ncluster.id=elsewhere\nversion=0\n');
    const reason = await refused(broker);
    expect(reason).toMatch(new RegExp(`Invalid cluster\\.id in: ${file}\\. Expected \\S+, but read elsewhere`));
    const inZooKeeper = `bin/zookeeper-shell.sh ${zooKeeper.connect}/${brokers.length - 1} ls /brokers/topics`;
    expect(broker.log()).toContain(`What is in them: ${inZooKeeper}; ls ${broker.logDir}\n`);
    expect(broker.log()).toContain('point zookeeper.connect (or its chroot) at the ZooKeeper that the data came from');
    expect(broker.log()).toContain(`rm -r ${broker.logDir} (`);
    expect(fs.readFileSync(file, 'utf8')).toBe('broker.id=0\ncluster.id=elsewhere\nversion=0\n');
  });

  test('of another broker', async () => {
    const broker = await prepare();
    const file = metaProperties(broker, 'broker.id=7\nversion=0\n');
    expect(await refused(broker)).toContain(
      `Stored node id 7 doesn't match previous node id 0 in ${file}. If you moved your data, make sure`,
    );
  });

  test('formatted for KRaft', async () => {
    const broker = await prepare();
    metaProperties(broker, 'node.id=0\nversion=1\ncluster.id=x\n');
    expect(await refused(broker)).toContain('ZK-based brokers that are not migrating only support version 0');
  });

  test('that another broker uses', async () => {
    const first = await prepare();
    await first.start();
    const second = await prepare({ settings: { 'broker.id': 1, 'log.dirs': first.logDir } });
    const reason = await refused(second);
    expect(reason).toContain(`Failed to acquire lock on file .lock in ${first.logDir}.`);
    expect(await first.serves()).toBe(true);
    expect(fs.readdirSync(first.logDir)).toContain('.lock');
  });

  test('named twice, or holding what is no partition', async () => {
    const twice = await prepare();
    fs.appendFileSync(path.join(twice.dir, 'server.properties'), `log.dirs=${twice.logDir},${twice.logDir}\n`);
    expect(await refused(twice)).toContain('Duplicate log directory found');
    const strange = await prepare();
    fs.mkdirSync(path.join(strange.logDir, 'holiday-pictures'), { recursive: true });
    expect(await refused(strange)).toContain(`Found directory ${strange.logDir}/holiday-pictures`);
  });

  test('that cannot be used takes itself out; the last one, the broker', async () => {
    const one = await prepare();
    fs.writeFileSync(path.join(one.dir, 'file'), '');
    const bad = path.join(one.dir, 'file', 'logs');
    fs.appendFileSync(path.join(one.dir, 'server.properties'), `log.dirs=${bad},${one.logDir}\n`);
    await one.start();
    expect(one.log()).toContain(`Failed to create or validate data directory ${bad}: ENOTDIR`);
    await one.stop();
    fs.appendFileSync(path.join(one.dir, 'server.properties'), `log.dirs=${bad}\n`);
    const reason = await refused(one);
    expect(reason).toContain(`none of the specified log dirs from ${bad} can be created or validated`);
  });

  test('where this user may not write, or nobody can', async () => {
    const broker = await prepare();
    fs.appendFileSync(path.join(broker.dir, 'server.properties'), 'log.dirs=/sys/kernel/odradek\n');
    const reason = await refused(broker);
    expect(reason).toContain('none of the specified log dirs from /sys/kernel/odradek can be created or validated');
    expect(broker.log()).toMatch(
      /Failed to create or validate data directory \/sys\/kernel\/odradek: E(ACCES|PERM|ROFS)/,
    );
  });

  test('whose checkpoint cannot be read is not served from', async () => {
    const broker = await prepare();
    fs.mkdirSync(broker.logDir);
    fs.writeFileSync(path.join(broker.logDir, 'replication-offset-checkpoint'), 'nonsense\n');
    expect(await refused(broker)).toContain(`all log dirs in ${broker.logDir} have failed`);
  });
});

test('a signal ends a start that waits for ZooKeeper, with the signal as its reason', async () => {
  const broker = await prepare({ zooKeeper: `127.0.0.1:${await freePort()}` });
  const process = broker.launch();
  await process.until(() => broker.log().includes('Opening socket connection'));
  expect(await process.stop('SIGTERM')).toEqual({ code: 143, signal: null });
  expect(broker.log()).not.toContain('Fatal error');
});

test('a signal ends a start that waits for its predecessor, and leaves nothing', async () => {
  const first = await prepare();
  await first.start();
  const second = await prepare({ zooKeeper: `${zooKeeper.connect}/0` });
  const process = second.launch();
  await process.until(() => second.log().includes('is still held by session'));
  expect(await process.stop('SIGINT')).toEqual({ code: 130, signal: null });
  expect(second.log()).not.toContain('Fatal error');
  expect(fs.readdirSync(second.logDir)).not.toContain('.lock');
  expect(fs.readdirSync(second.logDir)).toContain('.kafka_cleanshutdown');
  expect(await first.serves()).toBe(true);
});

describe('a configuration', () => {
  const start = (...args: string[]): { status: number | null; text: string } => {
    const script = path.join(__dirname, '..', '..', 'bin', 'kafka-server-start.sh');
    const { status, stdout, stderr } = spawnSync(script, args, { encoding: 'utf8', timeout: 30_000 });
    return { status, text: stdout + stderr };
  };
  const withSettings = async (settings: Record<string, string>): Promise<{ status: number | null; text: string }> => {
    const broker = await prepare();
    fs.appendFileSync(
      path.join(broker.dir, 'server.properties'),
      Object.entries(settings)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
    return start(path.join(broker.dir, 'server.properties'));
  };

  test('that is not there', () => {
    const { status, text } = start('/nowhere/server.properties');
    expect(status).toBe(1);
    expect(text).toMatch(/^Cannot read the configuration file \/nowhere\/server\.properties: .*\n$/);
  });

  test.each([
    [{ 'broker.id': 'zero' }, 'Invalid value zero for configuration broker.id: Not a number of type INT'],
    [{ 'num.io.threads': '0' }, 'Invalid value 0 for configuration num.io.threads: Value must be at least 1'],
    [{ listeners: 'PLAINTEXT:localhost' }, 'Unable to parse PLAINTEXT:localhost to a broker endpoint'],
    [{ listeners: 'ODD://localhost:1' }, 'No security protocol defined for listener ODD'],
    [
      { 'advertised.listeners': 'PLAINTEXT://0.0.0.0:1' },
      'advertised.listeners cannot use the nonroutable meta-address',
    ],
    [{ 'process.roles': 'broker' }, 'This broker runs with ZooKeeper: take process.roles out'],
  ] as const)('%j', async (settings, message) => {
    const { status, text } = await withSettings(settings);
    expect(status).toBe(1);
    expect(text).toContain(message);
    expect(text).toMatch(/server\.properties, line \d+: /);
    expect(text.trimEnd().split('\n')).toHaveLength(1);
  });
});
