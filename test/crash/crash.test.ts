import { seeded } from '@odradek/protocol/testing/seeded';
import { Broker } from '../support/broker';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';
import { IdempotentLoad } from './idempotent-load';

/** How often the broker is killed; more with ODRADEK_CRASHES=300. */
const CRASHES = Number(process.env['ODRADEK_CRASHES'] ?? 6);
/** Records acknowledged, at least, between two crashes. */
const RECORDS_PER_ROUND = 2000;

let zooKeeper: TestZooKeeper;
let broker: Broker;

beforeAll(async () => {
  zooKeeper = await startZooKeeper();
  broker = await Broker.start({
    zooKeeper: zooKeeper.connect,
    settings: { 'log.segment.bytes': 400_000 },
  });
});

afterAll(async () => {
  await broker?.remove();
  await zooKeeper?.stop();
});

test(
  `kill -9 in the middle of an idempotent acks=all load, ${CRASHES} times: nothing lost, nothing twice, order kept`,
  async () => {
    const random = seeded(20260101);
    const load = new IdempotentLoad(broker, 'crash', () => 1 + Math.floor(random() * 20));
    await load.prepare();
    for (let crash = 0; crash < CRASHES; crash++) {
      const enough = load.acknowledged + RECORDS_PER_ROUND * (0.2 + random());
      let killed: Promise<unknown> | null = null;
      await load.run(() => {
        if (killed === null && load.acknowledged >= enough) killed = broker.kill();
        return false;
      });
      await killed;
      await broker.start();
      await load.untilReady();
      expect(await load.verify()).toEqual([]);
    }
    const goal = load.acknowledged + RECORDS_PER_ROUND;
    await load.run(() => load.acknowledged >= goal);
    expect(await load.verify()).toEqual([]);
    expect(load.acknowledged).toBeGreaterThan(CRASHES * RECORDS_PER_ROUND * 0.2);
  },
  60_000 + CRASHES * 10_000,
);
