import { brokerInfo, useCluster } from '../zookeeper/cluster';
import { byHand, candidate, type Office, office, until } from './office';

/** Partitions that move to other replicas (KIP-455), by a controller on a real ZooKeeper, of brokers that only obey. */

const cluster = useCluster();
const ID = { topic: 't', partition: 0 };
const TOPIC = '/brokers/topics/t';
const STATE = `${TOPIC}/partitions/0/state`;
const REQUESTS = '/admin/reassign_partitions';

const json = async (path: string) => JSON.parse((await cluster.contentOf(path))!);
const state = () => json(STATE);
const isThere = async (path: string): Promise<boolean> =>
  (await cluster.observer.exists(cluster.chroot + path)) !== null;

/** What the topic's node shows: replicas, those being added, those being removed. */
async function assignment(): Promise<[number[], number[], number[]]> {
  const { partitions, adding_replicas: adding, removing_replicas: removing } = await json(TOPIC);
  return [partitions[0], adding[0] ?? [], removing[0] ?? []];
}

/** Broker 0 is the controller, 1 to 3 are there as well; topic t has one partition. */
async function cluster4(...replicas: number[]): Promise<Office & { leave(id: number): Promise<void> }> {
  const made = await office(cluster);
  const members = new Map<number, { client: { close(): Promise<void> } }>();
  for (const id of [1, 2, 3]) members.set(id, await join(id));
  await until(() => [1, 2, 3].every((id) => made.brokers.sent.some(({ broker }) => broker === id)));
  await byHand(cluster, TOPIC, { version: 1, partitions: { 0: replicas } });
  await until(() => replicas.every((id) => made.brokers.told('t').includes(id)));
  return { ...made, leave: (id) => members.get(id)!.client.close() };
}

async function join(id: number) {
  const member = await cluster.member();
  await member.store.registerBroker(brokerInfo(id));
  return member;
}

/** As a leader of an older release does that writes its in-sync set itself. */
async function isrIs(...isr: number[]): Promise<void> {
  await byHand(cluster, STATE, { ...(await state()), isr });
  const data = Buffer.from(JSON.stringify({ version: 1, partitions: [ID] }));
  const path = `${cluster.chroot}/isr_change_notification/isr_change_`;
  await cluster.observer.create(path, data, 'persistent-sequential');
}

const reassign = async ({ controller }: Office, replicas: readonly number[] | null): Promise<string | null> => {
  const [outcome] = await controller.alterReassignments([{ ...ID, replicas }]);
  return outcome!.error?.error ?? null;
};

/** What brokers were last told of the partition by LeaderAndIsr, and whether it was new to them. */
function told({ brokers }: Office, broker: number) {
  const states = brokers.sent.flatMap((sent) =>
    sent.api === 'LeaderAndIsr' && sent.broker === broker ? (sent.request.topicStates ?? []) : [],
  );
  return states.at(-1)?.partitionStates?.[0];
}

/** Another term of office begins. */
const dismiss = (): Promise<void> => cluster.observer.delete(`${cluster.chroot}/controller`, -1);

const deleted = ({ brokers }: Office): number[] => brokers.toldToDelete('t');

test('a partition moves: new replicas are added, and once they are in sync the old ones go', async () => {
  const made = await cluster4(1, 2);
  const before = await state();
  expect(await reassign(made, [3, 2])).toBeNull();
  expect(await assignment()).toEqual([[3, 2, 1], [3], [1]]);
  expect(await state()).toMatchObject({ leader: 1, isr: [1, 2], leader_epoch: before.leader_epoch + 1 });
  const moving = {
    replicas: [3, 2, 1],
    addingReplicas: [3],
    removingReplicas: [1],
    leaderEpoch: before.leader_epoch + 1,
  };
  await until(() => told(made, 3) !== undefined);
  expect(told(made, 3)).toMatchObject({ ...moving, isNew: true });
  for (const id of [1, 2]) expect(told(made, id)).toMatchObject({ ...moving, isNew: false });
  expect((await made.controller.ongoingReassignments()).map(({ topic }) => topic)).toEqual(['t']);
  await isrIs(1, 2, 3);
  await until(async () => (await assignment()).flat().length === 2);
  expect(await assignment()).toEqual([[3, 2], [], []]);
  // One epoch for the next leader, one for the replica that left.
  expect(await state()).toMatchObject({ leader: 3, isr: [2, 3], leader_epoch: before.leader_epoch + 3 });
  await until(() => deleted(made).length > 0);
  expect(deleted(made)).toEqual([1]);
  const stop = made.brokers.sent.findLast(({ api }) => api === 'StopReplica')!.request;
  expect(stop.topicStates?.[0]).toMatchObject({
    partitionStates: [{ partitionIndex: 0, leaderEpoch: before.leader_epoch + 3, deletePartition: true }],
  });
  expect(await made.controller.ongoingReassignments()).toEqual([]);
});

test('a leader that stays leads on; more and fewer replicas', async () => {
  const made = await cluster4(1);
  expect(await reassign(made, [1, 2])).toBeNull();
  await isrIs(1, 2);
  await until(async () => (await assignment())[1].length === 0);
  expect(await state()).toMatchObject({ leader: 1, isr: [1, 2], leader_epoch: 2 });
  expect(await reassign(made, [1])).toBeNull();
  // All of the target are in sync already: nothing is waited for.
  expect(await assignment()).toEqual([[1], [], []]);
  expect(await state()).toMatchObject({ leader: 1, isr: [1], leader_epoch: 4 });
  await until(() => deleted(made).length > 0);
  expect(deleted(made)).toEqual([2]);
});

test('another target takes the place of the first; a cancellation goes back', async () => {
  const made = await cluster4(1, 2);
  expect(await reassign(made, null)).toBe('NO_REASSIGNMENT_IN_PROGRESS');
  expect(await reassign(made, [1, 3])).toBeNull();
  expect(await reassign(made, [1, 0])).toBeNull();
  expect(await assignment()).toEqual([[1, 0, 2], [0], [2]]);
  await until(() => deleted(made).length > 0);
  expect(deleted(made)).toEqual([3]);
  expect(await reassign(made, null)).toBeNull();
  expect(await assignment()).toEqual([[1, 2], [], []]);
  expect(await state()).toMatchObject({ leader: 1, isr: [1, 2] });
  await until(() => deleted(made).length > 1);
  expect(deleted(made)).toEqual([3, 0]);
});

test('what cannot be done is refused, each partition on its own', async () => {
  const { controller, brokers } = await cluster4(1, 2);
  const outcomes = await controller.alterReassignments([
    { topic: 't', partition: 1, replicas: [1] },
    { topic: 'nowhere', partition: 0, replicas: [1] },
    { topic: 'nowhere', partition: 1, replicas: null },
    { ...ID, replicas: [1, 9] },
  ]);
  const errors = new Map(outcomes.map(({ topic, partition, error }) => [`${topic}-${partition}`, error?.error]));
  expect(Object.fromEntries(errors)).toEqual({
    't-1': 'UNKNOWN_TOPIC_OR_PARTITION',
    'nowhere-0': 'UNKNOWN_TOPIC_OR_PARTITION',
    'nowhere-1': 'NO_REASSIGNMENT_IN_PROGRESS',
    't-0': 'INVALID_REPLICA_ASSIGNMENT',
  });
  expect(await assignment()).toEqual([[1, 2], [], []]);
  const bystander = candidate(1, await cluster.member(), brokers);
  await expect(bystander.alterReassignments([{ ...ID, replicas: [1] }])).rejects.toMatchObject({
    error: 'NOT_CONTROLLER',
  });
});

test('the next controller goes on with a move that the last one has begun, or all but completed', async () => {
  const made = await cluster4(1, 2);
  expect(await reassign(made, [3, 2])).toBeNull();
  // Without a word to anybody, so that none but the next controller can notice.
  await byHand(cluster, STATE, { ...(await state()), isr: [1, 2, 3] });
  await dismiss();
  await until(async () => (await assignment()).flat().length === 2);
  expect(await assignment()).toEqual([[3, 2], [], []]);
  expect(await state()).toMatchObject({ leader: 3, isr: [2, 3] });
  await until(() => deleted(made).length > 0);
  expect(deleted(made)).toEqual([1]);
});

test('a broker that a move leads to dies, and the move goes on when it is back', async () => {
  const made = await cluster4(1, 2);
  expect(await reassign(made, [3, 2])).toBeNull();
  await made.leave(3);
  await until(() => made.brokers.metadata(1, 't', 0)?.offlineReplicas?.includes(3) === true);
  expect(await assignment()).toEqual([[3, 2, 1], [3], [1]]);
  const { leader_epoch: before } = await state();
  await join(3);
  await until(async () => (await state()).leader_epoch > before);
  await until(() => told(made, 3)?.isNew === true && told(made, 3)?.leaderEpoch === before + 1);
});

describe('requests of older tools, in a node', () => {
  const ask = (...partitions: { topic: string; partition: number; replicas: number[] }[]) =>
    byHand(cluster, REQUESTS, { version: 1, partitions });

  test('is carried out and deleted when it is done; the next one is heard as well', async () => {
    const made = await cluster4(1, 2);
    await ask({ ...ID, replicas: [1, 3] }, { topic: 'nowhere', partition: 0, replicas: [1] });
    await until(async () => (await assignment())[1].length > 0);
    // What cannot be done is taken out at once.
    await until(async () => (await json(REQUESTS)).partitions.length === 1);
    await isrIs(1, 2, 3);
    await until(async () => !(await isThere(REQUESTS)));
    expect(await assignment()).toEqual([[1, 3], [], []]);
    await ask({ ...ID, replicas: [1] });
    await until(async () => !(await isThere(REQUESTS)));
    expect(await assignment()).toEqual([[1], [], []]);
    await until(() => deleted(made).length === 2);
    expect(deleted(made)).toEqual([2, 3]);
  });

  test('a request by API takes its place', async () => {
    const made = await cluster4(1, 2);
    await ask({ ...ID, replicas: [1, 3] });
    await until(async () => (await assignment())[1].length > 0);
    expect(await reassign(made, [1, 0])).toBeNull();
    expect(await isThere(REQUESTS)).toBe(false);
    expect(await assignment()).toEqual([[1, 0, 2], [0], [2]]);
  });

  test('nonsense is left where it is, and one that was left before the election is found', async () => {
    await cluster.member();
    await byHand(cluster, REQUESTS, 'not JSON');
    await cluster4(1, 2);
    expect(await cluster.contentOf(REQUESTS)).toBe('not JSON');
    await ask({ ...ID, replicas: [1, 3] });
    await dismiss();
    await until(async () => (await assignment())[1].length > 0);
    expect(await assignment()).toEqual([[1, 3, 2], [3], [2]]);
  });
});
