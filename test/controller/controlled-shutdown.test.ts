import { brokerInfo, type Member, on, useCluster } from '../zookeeper/cluster';
import { byHand, type Office, office, until } from './office';

/** What a controller does for brokers that are about to stop, on a real ZooKeeper, of brokers that only obey. */

const cluster = useCluster();
const UNKNOWN_EPOCH = -1;

const stateOf = async (topic: string, partition: number) =>
  JSON.parse((await cluster.contentOf(`/brokers/topics/${topic}/partitions/${partition}/state`))!);

/** Brokers 0 (the controller), 1 and 2, and a topic: led by 1, followed by 1, hosted by 1 alone. */
async function threeBrokers(): Promise<Office & { members: Member[] }> {
  const made = await office(cluster);
  const members = [made.member];
  for (const id of [1, 2]) {
    const member = await cluster.member();
    await member.store.registerBroker(brokerInfo(id));
    members.push(member);
  }
  const partitions = new Map([on(1, 2, 0), on(0, 1), on(1)].map((replicas, index) => [index, replicas]));
  await until(() => made.brokers.sent.some(({ broker }) => broker === 2));
  await made.member.store.createTopic('t', { topicId: null, partitions });
  await until(() => made.brokers.metadata(1, 't', 2)?.leader === 1);
  return { ...made, members };
}

const epochOf = async ({ members }: { members: Member[] }, id: number): Promise<number> =>
  (await members[0]!.store.getBroker(id))!.epoch;

test('what it leads others lead, what it follows does without it, what it alone has it keeps', async () => {
  const made = await threeBrokers();
  const { brokers, controller } = made;
  expect(await controller.shutDownBroker(1, await epochOf(made, 1))).toEqual([]);
  expect(await stateOf('t', 0)).toMatchObject({ leader: 2, leader_epoch: 1, isr: [2, 0] });
  expect(await stateOf('t', 1)).toMatchObject({ leader: 0, leader_epoch: 1, isr: [0] });
  expect(await stateOf('t', 2)).toMatchObject({ leader: 1, leader_epoch: 0, isr: [1] });
  await until(() => brokers.metadata(2, 't', 1)?.isr?.length === 1);
  // It is told who leads now, and to stop what it follows.
  expect(brokers.order(1, 't', 0)).toMatchObject({ leader: 2, leaderEpoch: 1, isr: [2, 0] });
  expect(brokers.order(2, 't', 0)).toMatchObject({ leader: 2 });
  await until(() => brokers.toldToStop('t').length > 0);
  expect(new Set(brokers.toldToStop('t'))).toEqual(new Set([1]));
  expect(brokers.metadata(0, 't', 1)).toMatchObject({ offlineReplicas: [1] });
  // Asked again, it says the same.
  expect(await controller.shutDownBroker(1, UNKNOWN_EPOCH)).toEqual([]);
});

test('until it is gone it gets nothing new to lead, and afterwards it is a broker like any other', async () => {
  const made = await threeBrokers();
  const { brokers, controller, member, members } = made;
  await controller.shutDownBroker(1, UNKNOWN_EPOCH);
  await member.store.createTopic('later', { topicId: null, partitions: new Map([[0, on(1, 0)]]) });
  await until(() => brokers.metadata(0, 'later', 0) !== undefined);
  expect(await stateOf('later', 0)).toMatchObject({ leader: 0, isr: [0] });
  expect(await controller.electLeaders([{ topic: 't', partition: 0 }], 'preferred')).toMatchObject([
    { error: { error: 'PREFERRED_LEADER_NOT_AVAILABLE' } },
  ]);
  await members[1]!.client.close();
  await until(async () => (await stateOf('t', 2)).leader === -1);
  const again = await cluster.member();
  await again.store.registerBroker(brokerInfo(1));
  await until(async () => (await stateOf('t', 2)).leader === 1);
  await member.store.createTopic('last', { topicId: null, partitions: new Map([[0, on(1, 0)]]) });
  await until(() => brokers.metadata(0, 'last', 0)?.leader === 1);
});

test('it still leads what no other replica may lead', async () => {
  const made = await threeBrokers();
  const path = '/brokers/topics/t/partitions/0/state';
  await byHand(cluster, path, { ...(await stateOf('t', 0)), isr: [1] });
  expect(await made.controller.shutDownBroker(1, UNKNOWN_EPOCH)).toMatchObject([{ topic: 't', partition: 0 }]);
  expect(await stateOf('t', 0)).toMatchObject({ leader: 1, isr: [1], leader_epoch: 0 });
  // The others are about to stop as well: nothing is given to them.
  expect(await made.controller.shutDownBroker(0, UNKNOWN_EPOCH)).toMatchObject([{ topic: 't', partition: 1 }]);
});

test('a process that has been replaced, and a broker that is not there, are refused', async () => {
  const made = await threeBrokers();
  const epoch = await epochOf(made, 1);
  await expect(made.controller.shutDownBroker(1, epoch - 1)).rejects.toMatchObject({ error: 'STALE_BROKER_EPOCH' });
  await expect(made.controller.shutDownBroker(7, UNKNOWN_EPOCH)).rejects.toMatchObject({
    error: 'BROKER_NOT_AVAILABLE',
  });
  expect(await stateOf('t', 0)).toMatchObject({ leader: 1 });
  await made.controller.stop();
  await expect(made.controller.shutDownBroker(1, epoch)).rejects.toMatchObject({ error: 'NOT_CONTROLLER' });
});
