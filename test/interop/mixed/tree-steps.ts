import type { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { AlterClientQuotas } from '@odradek/protocol/messages/alter-client-quotas';
import { AlterPartitionReassignments } from '@odradek/protocol/messages/alter-partition-reassignments';
import { AlterUserScramCredentials } from '@odradek/protocol/messages/alter-user-scram-credentials';
import { CreatePartitions } from '@odradek/protocol/messages/create-partitions';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { ElectLeaders } from '@odradek/protocol/messages/elect-leaders';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { IncrementalAlterConfigs } from '@odradek/protocol/messages/incremental-alter-configs';
import { ListPartitionReassignments } from '@odradek/protocol/messages/list-partition-reassignments';
import { ClusterClient, LIMIT } from '../../replication/load/client';
import type { Place } from './member';

/** A cluster that things are done to. */
export interface Subject {
  readonly places: readonly Place[];
  readonly client: ClusterClient;
}

/** What is done, and then waited for as far as a client can see it. */
export interface Step {
  readonly name: string;
  /** From here on states of partitions have been written a different number of times. */
  readonly losesCount?: boolean;
  run(subject: Subject): Promise<void>;
}

const [TOPIC, BROKER] = [2, 4];
const SET = 0;
const DELETE = 1;
/** Stands for a partition that has not arrived yet. */
const MOVING = -1;
const NOT_NEEDED = 84;

/** Asks brokers until one answers with no error; the last one is told otherwise. */
const asked = (subject: Subject, ask: (peer: PeerConnection) => Promise<readonly number[]>): Promise<boolean> =>
  subject.client.ofAny(async (peer) => {
    const errors = (await ask(peer)).filter((code) => code !== 0);
    if (errors.length > 0) throw new Error(`errors ${errors}`);
    return true;
  });

async function create(subject: Subject, name: string, replicas: number[][], configs: Record<string, string> = {}) {
  const assignments = replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }));
  const list = Object.entries(configs).map(([key, value]) => ({ name: key, value }));
  const topics = [{ name, numPartitions: -1, replicationFactor: -1, assignments, configs: list }];
  await asked(subject, async (peer) => {
    const answer = await peer.send(CreateTopics, 7, { topics, timeoutMs: LIMIT.timeoutMs }, LIMIT);
    return [answer.topics[0]!.errorCode];
  });
}

/** Sets what is given, and takes away what is null. */
async function configure(subject: Subject, type: number, name: string, settings: Record<string, string | null>) {
  const configs = Object.entries(settings).map(([key, value]) => ({
    name: key,
    configOperation: value === null ? DELETE : SET,
    value,
  }));
  const resources = [{ resourceType: type, resourceName: name, configs }];
  await asked(subject, async (peer) => {
    const answer = await peer.send(IncrementalAlterConfigs, 1, { resources, validateOnly: false }, LIMIT);
    return [answer.responses[0]!.errorCode];
  });
}

async function limit(subject: Subject, entity: Record<string, string | null>, key: string, value: number | null) {
  const entries = [
    {
      entity: Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName })),
      ops: [{ key, value: value ?? 0, remove: value === null }],
    },
  ];
  await asked(subject, async (peer) => {
    const answer = await peer.send(AlterClientQuotas, 1, { entries, validateOnly: false }, LIMIT);
    return [answer.entries[0]!.errorCode];
  });
}

async function remove(subject: Subject, name: string) {
  await asked(subject, async (peer) => {
    const answer = await peer.send(DeleteTopics, 6, { topics: [{ name }], timeoutMs: LIMIT.timeoutMs }, LIMIT);
    return [answer.responses[0]!.errorCode];
  });
}

async function move(subject: Subject, name: string, targets: readonly (number[] | null)[]) {
  const partitions = targets.map((replicas, partitionIndex) => ({ partitionIndex, replicas }));
  await asked(subject, async (peer) => {
    const request = { timeoutMs: LIMIT.timeoutMs, topics: [{ name, partitions }] };
    const answer = await peer.send(AlterPartitionReassignments, 0, request, LIMIT);
    return [answer.errorCode, ...answer.responses[0]!.partitions.map(({ errorCode }) => errorCode)];
  });
  await asked(subject, async (peer) => {
    const answer = await peer.send(ListPartitionReassignments, 0, { topics: null, timeoutMs: LIMIT.timeoutMs }, LIMIT);
    return [answer.errorCode, ...answer.topics.map(() => MOVING)];
  });
}

/** Where there is nothing to elect, it has been done. */
async function elect(subject: Subject) {
  const request = { electionType: 0, topicPartitions: null, timeoutMs: LIMIT.timeoutMs };
  await asked(subject, async (peer) => {
    const answer = await peer.send(ElectLeaders, 2, request, LIMIT);
    const errors = answer.replicaElectionResults.flatMap(({ partitionResult }) => partitionResult);
    return [answer.errorCode, ...errors.map(({ errorCode }) => errorCode).filter((code) => code !== NOT_NEEDED)];
  });
}

async function addScramUser(subject: Subject, name: string) {
  const secret = { salt: Buffer.from('salt'), saltedPassword: Buffer.alloc(32, 7) };
  const upsertions = [{ name, mechanism: 1, iterations: 4096, ...secret }];
  await asked(subject, async (peer) => {
    const answer = await peer.send(AlterUserScramCredentials, 0, { deletions: [], upsertions }, LIMIT);
    return [answer.results[0]!.errorCode];
  });
}

const inSync = (subject: Subject, topic: string, partitions: number, replicas: number) =>
  subject.client.whole(topic, partitions, replicas);

/** Everybody who lives sees so many brokers. */
async function brokers(subject: Subject, count: number) {
  await subject.client.metadata('', (answer) => answer.brokers.length === count);
}

/** The first one alone: several would all make the topic. */
const first = ({ places }: Subject): Subject => ({ places, client: new ClusterClient([places[0]!.port]) });

async function findCoordinator(subject: Subject) {
  const request = { key: 'g', keyType: 0 };
  await asked(first(subject), async (peer) => [(await peer.send(FindCoordinator, 2, request, LIMIT)).errorCode]);
  await inSync(subject, '__consumer_offsets', 5, 3);
}

const PAIRS = [
  [0, 1],
  [1, 2],
  [2, 0],
  [1, 0],
  [2, 1],
];
const TRIPLES = [
  [0, 1, 2],
  [1, 2, 0],
  [2, 0, 1],
];

async function controllerOf({ places, client }: Subject): Promise<Place> {
  const id = await client.controllerId();
  return places.find((place) => place.id === id)!;
}

/** THE LIST, in its order: each begins where the one before has ended. */
export const STEPS: readonly Step[] = [
  { name: 'three brokers have started', run: (it) => brokers(it, 3) },
  {
    name: 'topics are made',
    async run(it) {
      await create(it, 'spread', PAIRS);
      await create(it, 'set', [[0, 1, 2]], { 'retention.ms': '3600000', 'cleanup.policy': 'compact,delete' });
      await create(it, 'alone', [[0], [1], [2]]);
      await create(it, 'doomed', TRIPLES);
    },
  },
  { name: 'a group asks for its coordinator', run: findCoordinator },
  { name: 'a producer asks for an id', run: async (it) => void (await first(it).client.newProducerId()) },
  {
    name: 'configs are set',
    async run(it) {
      await configure(it, TOPIC, 'spread', { 'min.insync.replicas': '2', 'segment.ms': '600000' });
      await configure(it, TOPIC, 'set', { 'retention.ms': null });
      await configure(it, BROKER, '1', { 'log.cleaner.threads': '2' });
      await configure(it, BROKER, '', { 'message.max.bytes': '2000000' });
      await limit(it, { user: 'alice' }, 'producer_byte_rate', 1000);
      await limit(it, { user: 'alice', 'client-id': null }, 'consumer_byte_rate', 2000);
      await limit(it, { 'client-id': 'a b' }, 'request_percentage', 50);
      await limit(it, { ip: '10.0.0.1' }, 'connection_creation_rate', 7);
      await addScramUser(it, 'bob');
    },
  },
  {
    name: 'configs are taken away',
    async run(it) {
      await configure(it, TOPIC, 'spread', { 'segment.ms': null });
      await configure(it, BROKER, '1', { 'log.cleaner.threads': null });
      await limit(it, { user: 'alice' }, 'producer_byte_rate', null);
      await limit(it, { 'client-id': 'a b' }, 'request_percentage', null);
    },
  },
  {
    name: 'partitions are added',
    async run(it) {
      const assignments = [{ brokerIds: [2, 1] }, { brokerIds: [0, 2] }];
      const topics = [{ name: 'spread', count: PAIRS.length + 2, assignments }];
      await asked(it, async (peer) => {
        const request = { topics, timeoutMs: LIMIT.timeoutMs, validateOnly: false };
        return [(await peer.send(CreatePartitions, 3, request, LIMIT)).results[0]!.errorCode];
      });
    },
  },
  // At most one is added: which of several is in sync first would be a matter of luck.
  { name: 'replicas move', run: (it) => move(it, 'alone', [[1], [1, 2], [0, 2]]) },
  { name: 'replicas move on', run: (it) => move(it, 'alone', [[2, 1], [0], [1, 0, 2]]) },
  { name: 'a topic is deleted', run: (it) => remove(it, 'doomed') },
  {
    name: 'a topic of that name is made again',
    run: (it) => create(it, 'doomed', TRIPLES.slice(1)),
  },
  {
    name: 'a broker that is not the controller stops',
    async run(it) {
      await it.places[2]!.stop();
      await brokers(it, 2);
    },
  },
  {
    name: 'it is back',
    async run(it) {
      await it.places[2]!.start();
      await inSync(it, 'set', 1, 3);
      await inSync(it, 'doomed', 2, 3);
    },
  },
  { name: 'preferred replicas are elected', run: elect },
  {
    name: 'a broker that is not the controller is killed',
    async run(it) {
      await it.places[1]!.kill();
      await brokers(it, 2);
    },
  },
  { name: 'a topic is to be deleted while a replica is away', run: (it) => remove(it, 'doomed') },
  {
    name: 'the killed one is back',
    async run(it) {
      await it.places[1]!.start();
      await inSync(it, 'set', 1, 3);
    },
  },
  { name: 'preferred replicas are elected again', run: elect },
  {
    name: 'the controller is killed',
    // Apache's new controller first writes that what its predecessor led has no leader, then elects; ours elects.
    losesCount: true,
    async run(it) {
      await (await controllerOf(it)).kill();
      await brokers(it, 2);
      await controllerOf(it);
    },
  },
  {
    name: 'it is back, too',
    async run(it) {
      await it.places[0]!.start();
      await inSync(it, 'set', 1, 3);
    },
  },
  { name: 'preferred replicas are elected a third time', run: elect },
];
