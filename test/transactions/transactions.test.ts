import { Cluster } from '../support/cluster';
import { TransactionTrial } from './load/trial';

// Copiers in transactions while brokers and they themselves end; more ways, also against Apache's brokers: `npm run test:eos`.

const BROKERS = 3;
const LOAD = { copiers: 2, partitions: 2, records: 100, maxRecords: 10 };

let cluster: Cluster;

beforeAll(async () => {
  const settings = {
    'transaction.state.log.num.partitions': 3,
    'transaction.state.log.replication.factor': BROKERS,
    'transaction.state.log.min.isr': 2,
    'offsets.topic.num.partitions': 3,
    'group.min.session.timeout.ms': 1_000,
    'zookeeper.session.timeout.ms': 6_000,
  };
  cluster = await Cluster.start({ brokers: BROKERS, settings });
});

afterAll(() => cluster?.stop());

function trialOf(name: string): TransactionTrial {
  const members = cluster.brokers.map((broker, id) => ({
    id,
    port: broker.port,
    logDir: broker.logDir,
    start: () => broker.start(),
    stop: () => broker.stop(),
    kill: () => broker.kill(),
  }));
  return new TransactionTrial(members, { name, ...LOAD });
}

test('kill -9 of a coordinator of transactions and of copiers, a leader that stops: the output is the input, once and in order', async () => {
  const trial = trialOf('copies');
  const verdict = await trial.run(async () => {
    const coordinator = await trial.coordinator('transactions');
    await coordinator.kill();
    await trial.more(3);
    await coordinator.start();
    for (const copier of trial.copiers) await copier.kill();
    await trial.more(1);
    const leader = await trial.leader();
    await leader.stop();
    await trial.more(3);
    await leader.start();
  });
  expect(verdict.problems).toEqual([]);
  expect(verdict.committed).toBeGreaterThan(LOAD.copiers);
}, 300_000);
