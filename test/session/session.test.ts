import { IdempotentLoad } from '../crash/idempotent-load';
import { Broker } from '../support/broker';
import { until } from '../support/until';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';

const SESSION_TIMEOUT_MS = 2000;
/** Well beyond the session and ZooKeeper's ticks. */
const LONG_MS = 3 * SESSION_TIMEOUT_MS;

let zooKeeper: TestZooKeeper;
let broker: Broker;

beforeEach(async () => {
  zooKeeper = await startZooKeeper();
  const settings = { 'zookeeper.session.timeout.ms': SESSION_TIMEOUT_MS };
  broker = await Broker.start({ zooKeeper: zooKeeper.connect, settings });
});

afterEach(async () => {
  await broker?.remove();
  await zooKeeper?.stop();
});

const after = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

const acknowledge = (load: IdempotentLoad, records: number): Promise<void> => {
  const goal = load.acknowledged + records;
  return load.run(() => load.acknowledged >= goal);
};

const count = (text: string, part: string): number => text.split(part).length - 1;

test('a session that ZooKeeper has ended: the broker resigns, registers anew, leads again, and has lost nothing', async () => {
  const load = new IdempotentLoad(broker, 'expiry', () => 10);
  await load.prepare();
  await acknowledge(load, 1000);
  // The session ends while the broker stands still: it hears of that when it wakes.
  broker.pause();
  await zooKeeper.endSessionOf(broker);
  broker.resume();
  await until(
    () => count(broker.log(), 'Registered broker 0') >= 2 && count(broker.log(), 'successfully elected') >= 2,
  );
  await load.untilReady();
  await acknowledge(load, 1000);
  expect(await load.verify()).toEqual([]);
  expect(broker.log()).toContain('Resigned');
});

test('while ZooKeeper cannot be reached the broker serves on, and is the same broker afterwards', async () => {
  const load = new IdempotentLoad(broker, 'outage', () => 10);
  await load.prepare();
  await acknowledge(load, 100);
  zooKeeper.pause();
  const before = load.acknowledged;
  let isOver = false;
  const outage = after(LONG_MS).then(() => {
    isOver = true;
  });
  await load.run(() => isOver && load.acknowledged > before + 1000);
  await outage;
  zooKeeper.resume();
  await until(() => broker.serves());
  await load.untilReady();
  await acknowledge(load, 100);
  expect(await load.verify()).toEqual([]);
});

test('a ZooKeeper that is restarted finds its broker again, topics can be made', async () => {
  await zooKeeper.restart();
  const load = new IdempotentLoad(broker, 'again', () => 10);
  await load.prepare();
  await acknowledge(load, 100);
  expect(await load.verify()).toEqual([]);
});
