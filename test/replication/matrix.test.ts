import type { CompressionType } from '@odradek/protocol/records/batch';
import { Broker } from '../support/broker';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';
import { FAULTS, type Member, Trial } from './load/trial';

// The matrix of Apache's own replication tests: three replicas, two of which must be in sync, acks=all, written and read
// all the while. A few of its fields each time; all of them with ODRADEK_MATRIX=all.

type Fault = keyof typeof FAULTS;
type Victim = 'leader' | 'controller';
type Producer = 'idempotent' | 'plain' | 'gzip';
type Field = readonly [Fault, Victim, Producer];

const SOME: readonly Field[] = [
  ['clean stop', 'leader', 'idempotent'],
  ['kill -9', 'controller', 'idempotent'],
  ['hard bounces', 'leader', 'gzip'],
  ['clean bounces', 'controller', 'plain'],
];

const ALL: readonly Field[] = (Object.keys(FAULTS) as Fault[]).flatMap((fault) =>
  (['leader', 'controller'] as const).flatMap((victim) =>
    (['idempotent', 'plain', 'gzip'] as const).map((producer): Field => [fault, victim, producer]),
  ),
);

const FIELDS = process.env['ODRADEK_MATRIX'] === 'all' ? ALL : SOME;
const BROKERS = 3;

let zooKeeper: TestZooKeeper;
let brokers: Broker[] = [];
let members: Member[] = [];

beforeAll(async () => {
  zooKeeper = await startZooKeeper();
  const settings = (id: number) => ({
    'broker.id': id,
    'offsets.topic.replication.factor': BROKERS,
    // Follows from what the machine is worth: a broker that stands still for a while is not one that is gone.
    'zookeeper.session.timeout.ms': 6_000,
  });
  brokers = await Promise.all(
    Array.from({ length: BROKERS }, (_, id) =>
      Broker.prepare({ zooKeeper: zooKeeper.connect, settings: settings(id) }),
    ),
  );
  await Promise.all(brokers.map((broker) => broker.start()));
  members = brokers.map((broker, id) => ({
    id,
    port: broker.port,
    logDir: broker.logDir,
    start: () => broker.start(),
    stop: () => broker.stop(),
    kill: () => broker.kill(),
  }));
});

afterAll(async () => {
  await Promise.all(brokers.map((broker) => broker.remove()));
  await zooKeeper?.stop();
});

test.each(FIELDS)(
  '%s of the %s under a producer that is %s: nothing acknowledged is lost, nothing is twice, replicas are equal',
  async (fault, victim, producer) => {
    const compression: CompressionType = producer === 'gzip' ? 'gzip' : 'none';
    const topic = `${fault}-${victim}-${producer}`.replaceAll(' ', '');
    const isIdempotent = producer !== 'plain';
    const trial = new Trial(members, { topic, partitions: 3, isIdempotent, compression, seed: 1 });
    const verdict = await trial.run(() =>
      FAULTS[fault](trial, () => (victim === 'leader' ? trial.leader() : trial.controller())),
    );
    expect(verdict.problems).toEqual([]);
    process.stdout.write(
      `${topic}: ${verdict.acknowledged} acknowledged, longest time without one ${verdict.longestGapMs} ms\n`,
    );
  },
  180_000,
);
