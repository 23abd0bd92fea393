import { nodeClock } from '@odradek/broker/env/node/clock';
import { brokerInfo, type Member, useCluster } from '../zookeeper/cluster';
import { byHand, candidate, type Office, office, until } from './office';

/** Elections that an administrator asks for, by a controller on a real ZooKeeper, of brokers that come and go. */

const cluster = useCluster();
const ID = { topic: 't', partition: 0 };
const STATE = '/brokers/topics/t/partitions/0/state';

const state = async () => JSON.parse((await cluster.contentOf(STATE))!);

/** Broker 0 is the controller, 1 the first of the two replicas; then 1 goes. */
async function bereaved(isrAtItsEnd: readonly number[]): Promise<Office> {
  const made = await office(cluster);
  const other = await joined(made);
  await byHand(cluster, '/brokers/topics/t', { version: 1, partitions: { 0: [1, 0] } });
  await until(() => made.brokers.told('t').includes(1));
  expect(await state()).toMatchObject({ leader: 1, isr: [1, 0] });
  await byHand(cluster, STATE, { ...(await state()), isr: isrAtItsEnd });
  await other.client.close();
  await until(async () => (await state()).leader !== 1);
  return made;
}

async function joined({ brokers }: Office): Promise<Member> {
  const member = await cluster.member();
  await member.store.registerBroker(brokerInfo(1));
  await until(() => brokers.sent.some(({ broker }) => broker === 1));
  return member;
}

const errorOf = (outcome: object) => ('error' in outcome ? (outcome.error as { error: string }).error : null);

test('the preferred replica leads again once it is back and in sync, and not before', async () => {
  const made = await bereaved([1, 0]);
  const { controller, brokers } = made;
  const elect = async () => (await controller.electLeaders([ID], 'preferred'))[0]!;
  expect(await state()).toMatchObject({ leader: 0, isr: [0] });
  expect(errorOf(await elect())).toBe('PREFERRED_LEADER_NOT_AVAILABLE');
  await joined(made);
  expect(errorOf(await elect())).toBe('PREFERRED_LEADER_NOT_AVAILABLE');
  const before = await state();
  await byHand(cluster, STATE, { ...before, isr: [0, 1] });
  expect(await elect()).toEqual({ ...ID, leader: 1 });
  expect(await state()).toMatchObject({ leader: 1, isr: [0, 1], leader_epoch: before.leader_epoch + 1 });
  await until(() => brokers.metadata(0, 't', 0)?.leader === 1);
  expect(errorOf(await elect())).toBe('ELECTION_NOT_NEEDED');
});

test('a partition without leader gets one that was not in sync only where that is asked for', async () => {
  const { controller } = await bereaved([1]);
  expect(await state()).toMatchObject({ leader: -1, isr: [1] });
  const elect = async (type: 'preferred' | 'unclean') => (await controller.electLeaders([ID], type))[0]!;
  expect(errorOf(await elect('preferred'))).toBe('PREFERRED_LEADER_NOT_AVAILABLE');
  expect(controller.elections.unclean).toBe(0);
  expect(await elect('unclean')).toEqual({ ...ID, leader: 0 });
  expect(controller.elections.unclean).toBe(1);
  expect(await state()).toMatchObject({ leader: 0, isr: [0], leader_recovery_state: 1 });
  expect(errorOf(await elect('unclean'))).toBe('ELECTION_NOT_NEEDED');
});

test('one that is not the controller, and one that has stopped, say so', async () => {
  const { controller, brokers } = await office(cluster);
  const bystander = candidate(1, await cluster.member(), brokers);
  await bystander.start();
  await expect(bystander.electLeaders([ID], 'preferred')).rejects.toMatchObject({ error: 'NOT_CONTROLLER' });
  await expect(bystander.ongoingReassignments()).rejects.toMatchObject({ error: 'NOT_CONTROLLER' });
  const asked = controller.electLeaders([ID], 'preferred');
  const stopped = controller.stop();
  await expect(asked).rejects.toMatchObject({ error: 'NOT_CONTROLLER' });
  await stopped;
  await expect(controller.electLeaders([ID], 'preferred')).rejects.toMatchObject({ error: 'NOT_CONTROLLER' });
});

describe('/admin/preferred_replica_election', () => {
  const PATH = '/admin/preferred_replica_election';
  const asking = (...partitions: object[]) => ({ version: 1, partitions });
  const isGone = async () => (await cluster.observer.exists(cluster.chroot + PATH)) === null;

  test('what it asks for is done, then it goes, each time', async () => {
    const made = await bereaved([1, 0]);
    await joined(made);
    for (const isr of [[0], [0, 1]]) {
      await byHand(cluster, STATE, { ...(await state()), isr });
      await byHand(cluster, PATH, asking(ID, { topic: 't', partition: 7 }, { topic: 'none', partition: 0 }));
      await until(isGone);
      expect(await state()).toMatchObject({ leader: isr.includes(1) ? 1 : 0 });
    }
    await byHand(cluster, PATH, 'not JSON');
    await until(isGone);
    await byHand(cluster, PATH, asking({ topic: 't' }));
    await until(isGone);
  });

  test('what a controller has left undone its successor does', async () => {
    const made = await bereaved([1, 0]);
    await joined(made);
    await byHand(cluster, STATE, { ...(await state()), isr: [0, 1] });
    await made.controller.stop();
    await made.member.client.close();
    await byHand(cluster, PATH, asking(ID));
    const later = await cluster.member();
    await later.store.registerBroker(brokerInfo(0));
    await candidate(0, later, made.brokers).start();
    await until(isGone);
    expect(await state()).toMatchObject({ leader: 1 });
  });
});

test('leadership that has gone astray is handed back in time, again and again', async () => {
  const impatient = { ...nodeClock, after: (_delayMs: number, run: () => void) => nodeClock.after(50, run) };
  const leaderBalance = { checkIntervalMs: 300_000, perBrokerPercentage: 10 };
  const made = await office(cluster, { clock: impatient, leaderBalance });
  try {
    let other = await joined(made);
    await byHand(cluster, '/brokers/topics/t', { version: 1, partitions: { 0: [1, 0] } });
    await until(() => made.brokers.metadata(0, 't', 0)?.leader === 1);
    for (let round = 0; round < 2; round++) {
      await other.client.close();
      await until(async () => (await state()).leader === 0);
      other = await joined(made);
      await byHand(cluster, STATE, { ...(await state()), isr: [0, 1] });
      await made.member.store.propagateIsrChanges([ID]);
      await until(async () => (await state()).leader === 1);
    }
  } finally {
    await made.controller.stop();
  }
});
