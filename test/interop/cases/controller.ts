import { ControlledShutdown } from '@odradek/protocol/messages/controlled-shutdown';
import { CreatePartitions } from '@odradek/protocol/messages/create-partitions';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { ElectLeaders } from '@odradek/protocol/messages/elect-leaders';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { Stage } from '../stage';
import { StandIns } from '../stand-ins';
import { brokerEpochs, createZNode, deleteZNode } from '../zookeeper';

const UNKNOWN_EPOCH = -1;
/** Before it a broker says nothing of its epoch. */
const FIRST_EPOCH_VERSION = 2;

interface Play extends Stage {
  come(id: number): Promise<void>;
  go(id: number): Promise<void>;
}

/** Plays a scenario with stand-ins that are there for as long as it lasts. */
const played = (prefix: string, ids: readonly number[], run: (play: Play) => Promise<void>) => async (both: Both) => {
  const standIns = await StandIns.start(both.world, ids);
  const play: Play = Object.assign(new Stage(both, standIns, prefix), {
    async come(id: number) {
      play.forget(id);
      await standIns.register(id);
      await play.settle(`broker ${id} has come`);
    },
    async go(id: number) {
      await standIns.unregister(id);
      await play.settle(`broker ${id} has gone`);
    },
  });
  try {
    await run(play);
  } finally {
    await play.end();
  }
};

const preferred = (topic: string, ...partitions: number[]) => ({
  electionType: 0,
  topicPartitions: [{ topic, partitions }],
  timeoutMs: 5_000,
});

async function shutdowns(play: Play): Promise<void> {
  const { both } = play;
  for (const id of [1, 2, 3]) await play.come(id);
  const [topic, late] = ['stopping', 'stopping-late'];
  await play.create(topic, [
    [1, 2, 3],
    [2, 3, 1],
    [3, 1, 2],
    [0, 1, 2],
  ]);
  await play.create(`${topic}-one`, [[1], [2]]);
  await play.settle('topics');
  const epochs = await brokerEpochs(both.world, 1);
  for (const [note, brokerId, brokerEpoch] of [
    ['a broker that is not there', 9, UNKNOWN_EPOCH],
    ['a broker that is not there, with an epoch', 9, 5],
    ['an old epoch', 1, 1],
  ] as const) {
    const versions = { from: brokerEpoch === UNKNOWN_EPOCH ? 0 : FIRST_EPOCH_VERSION, to: 3 };
    await both.sendEvery(ControlledShutdown, () => ({ brokerId, brokerEpoch }), { note }, versions);
  }
  await play.settle('shutdowns that are refused');
  await both.send(ControlledShutdown, 3, (side) => ({ brokerId: 1, brokerEpoch: epochs[side] }));
  await play.settle('broker 1 shuts down');
  await play.create(late, [
    [1, 2],
    [2, 1],
  ]);
  await play.settle('a topic in between');
  await both.send(ElectLeaders, 2, preferred(topic, 0, 1), { note: 'to a broker that shuts down' });
  await both.send(ControlledShutdown, 3, (side) => ({ brokerId: 1, brokerEpoch: epochs[side] }), { note: 'again' });
  await play.settle('broker 1 shuts down again');
  await play.go(1);
  await play.come(1);
  await both.sendEvery(ControlledShutdown, () => ({ brokerId: 2, brokerEpoch: UNKNOWN_EPOCH }), { note: 'another' });
  await play.settle('broker 2 shuts down');
  await play.go(2);
  await play.come(2);
}

const PREFERRED = '/admin/preferred_replica_election';

async function elections(play: Play): Promise<void> {
  const { both } = play;
  for (const id of [1, 2, 3]) await play.come(id);
  const topic = 'voted';
  await play.create(topic, [
    [1, 2, 3],
    [2, 1, 3],
    [0, 1, 2],
    [1, 0, 2],
  ]);
  await play.settle('a topic');
  const assignments = [{ brokerIds: [3, 2, 1] }, { brokerIds: [2, 3, 1] }];
  const more = { topics: [{ name: topic, count: 6, assignments }], timeoutMs: 20_000, validateOnly: false };
  await both.send(CreatePartitions, 3, more);
  await play.settle('two more partitions');
  await play.go(1);
  await play.come(1);
  await play.inSync(topic, 0, [2, 3, 1], 2);
  await play.inSync(topic, 2, [0, 2, 1], 0);
  await play.inSync(topic, 3, [0, 2, 1], 0);
  await play.settle('replicas are in sync again');
  const asked = [0, 4, 5].map((partition) => ({ topic, partition }));
  const content = { version: 1, partitions: [...asked, { topic: 'voted-nowhere', partition: 0 }] };
  await createZNode(both.world, PREFERRED, JSON.stringify(content));
  await play.settle('elections that ZooKeeper asks for');
  await createZNode(both.world, PREFERRED, 'no list');
  await play.settle('an election that cannot be read');
  await both.send(ElectLeaders, 2, preferred(topic, 0, 1, 2, 3, 5));
  await play.settle('elections');
  for (const id of [2, 3]) await play.go(id);
  for (const id of [2, 3]) await play.come(id);
  await deleteZNode(both.world, '/controller');
  await play.settle('a new term');
}

async function brokenFolders(play: Play): Promise<void> {
  const { both, standIns } = play;
  for (const id of [1, 2]) await play.come(id);
  await play.create('broken', [
    [1, 2],
    [2, 1],
    [0, 1],
  ]);
  await play.create('broken-one', [[1], [2]]);
  await play.settle('topics');
  for (const name of ['broken-0', 'broken-1', 'broken-one-0']) standIns.failed.add(`1:${name}`);
  const content = JSON.stringify({ version: 1, broker: 1, event: 1 });
  await createZNode(both.world, '/log_dir_event_notification/log_dir_event_9999999999', content);
  await play.settle('a folder of broker 1 has failed');
  standIns.failed.clear();
  await play.go(1);
  await play.come(1);
}

async function deletions(play: Play): Promise<void> {
  const { both } = play;
  const ask = (name: string) => both.send(DeleteTopics, 6, { topics: [{ name }], timeoutMs: 100 }, { note: name });
  for (const id of [1, 2, 3]) await play.come(id);
  await play.create('doomed', [
    [1, 2, 3],
    [0, 1, 2],
    [2, 1, 0],
  ]);
  await play.create('doomed-soon', [[1, 2]]);
  await play.settle('topics');
  await play.go(3);
  await ask('doomed');
  await play.settle('a deletion that waits for broker 3');
  await ask('doomed-soon');
  await play.settle('a deletion');
  await deleteZNode(both.world, '/controller');
  // We delete what can be deleted also in a new term, and tell nobody to lead it first.
  await play.settleAtTheEnd('a new term');
  await play.standIns.register(3);
  await play.settleAtTheEnd('broker 3 is back');
}

/** Where partitions of a topic that is made lie is random; where those go that are added follows from it. */
async function racks(play: Play): Promise<void> {
  for (const id of [1, 2, 3, 4, 5]) await play.come(id);
  const firsts = [[3], [5, 1], [2, 4, 0], [0, 5, 1, 3], [4, 3, 2, 1, 0]];
  for (const first of firsts) {
    const name = `racks-${first.length}`;
    await play.create(name, [first]);
    const topics = [{ name, count: 14, assignments: null }];
    await play.both.send(CreatePartitions, 3, { topics, timeoutMs: 20_000, validateOnly: false }, { note: name });
    await play.settle(`partitions are added to ${name}`);
  }
  // One rack has lost a broker.
  await play.go(4);
  const topics = [{ name: 'racks-3', count: 24, assignments: null }];
  await play.both.send(CreatePartitions, 3, { topics, timeoutMs: 20_000, validateOnly: false }, { note: 'more' });
  await play.settle('more partitions');
}

export const controller: readonly Scenario[] = [
  { name: 'controller: brokers that shut down', run: played('stopping', [1, 2, 3], shutdowns) },
  { name: 'controller: elections', run: played('voted', [1, 2, 3], elections) },
  { name: 'controller: failed log folders', run: played('broken', [1, 2], brokenFolders) },
  { name: 'controller: partitions and racks', run: played('racks', [1, 2, 3, 4, 5], racks) },
  { name: 'controller: deletions', run: played('doomed', [1, 2, 3], deletions) },
];
