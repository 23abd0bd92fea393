import type { Controller } from '@odradek/broker/controller/controller';
import { brokerInfo, expire, type Member, on, TOPIC_ID, useCluster } from '../zookeeper/cluster';
import { candidate, ObedientBrokers, until } from './office';

/** Longer than any of these tests: whatever happens in them, no session's end has done it. */
const SESSION_TIMEOUT_MS = 60_000;

const cluster = useCluster();
let brokers: ObedientBrokers;
let controllers: Controller[];

beforeEach(() => {
  brokers = new ObedientBrokers();
  controllers = [];
});
afterEach(async () => {
  await Promise.all(controllers.map((controller) => controller.stop()));
});

interface Registered extends Member {
  readonly epoch: number;
}

async function registered(id: number): Promise<Registered> {
  const member = await cluster.member({ sessionTimeoutMs: SESSION_TIMEOUT_MS });
  const { brokerEpoch } = await member.store.registerBroker(brokerInfo(id));
  return { ...member, epoch: brokerEpoch };
}

async function inOffice(id: number, member: Member): Promise<Controller> {
  const controller = candidate(id, member, brokers);
  controllers.push(controller);
  await controller.start();
  return controller;
}

interface State {
  readonly leader: number;
  readonly leader_epoch: number;
  readonly isr: readonly number[];
  readonly controller_epoch: number;
}
const states = async (...partitions: number[]): Promise<State[]> =>
  Promise.all(
    partitions.map(async (id) =>
      JSON.parse((await cluster.contentOf(`/brokers/topics/t/partitions/${id}/state`)) ?? 'null'),
    ),
  );

/** Topic t, of which broker 1 leads partition 0 and follows in partition 1, and is all alone in partition 2. */
async function makeTopic({ store }: Member): Promise<void> {
  const partitions = new Map([
    [0, on(1, 0, 2)],
    [1, on(2, 1, 0)],
    [2, on(1)],
  ]);
  await store.createTopic('t', { topicId: TOPIC_ID, partitions });
  await until(() => [0, 1, 2].every((id) => brokers.metadata(0, 't', id) !== undefined));
}

const liveAt = (broker: number): number[] =>
  brokers.sent
    .flatMap((sent) =>
      sent.api === 'UpdateMetadata' && sent.broker === broker ? [sent.request.liveBrokers ?? []] : [],
    )
    .at(-1)!
    .map(({ id }) => id!)
    .sort();

describe('a broker whose process has ended', () => {
  let zero: Registered;
  let one: Registered;
  let two: Registered;
  let controller: Controller;

  beforeEach(async () => {
    [zero, one, two] = [await registered(0), await registered(1), await registered(2)];
    controller = await inOffice(0, zero);
    await makeTopic(zero);
    expect([0, 1, 2].map((id) => brokers.watchersOf(id))).toEqual([0, 1, 1]);
  });

  const presumeDead = async (): Promise<void> => {
    brokers.refuse(1);
    await until(() => liveAt(2).join() === '0,2' && brokers.metadata(2, 't', 0)?.leader === 0);
  };

  test('its partitions are led by others, it is in no in-sync set but where it is the last, nobody is told of it', async () => {
    await presumeDead();
    expect(await states(0, 1, 2)).toMatchObject([
      { leader: 0, leader_epoch: 1, isr: [0, 2] },
      { leader: 2, leader_epoch: 1, isr: [2, 0] },
      { leader: -1, leader_epoch: 1, isr: [1] },
    ]);
    expect(brokers.metadata(2, 't', 0)).toMatchObject({ leader: 0, offlineReplicas: [1] });
    // It is registered as before.
    expect((await zero.store.getBroker(1))?.epoch).toBe(one.epoch);
  });

  test('when its session ends, nothing is left to be done; when it comes back, it starts', async () => {
    await presumeDead();
    const before = await states(0, 1, 2);
    await one.client.close();
    // One event after another: the deletion of the topic comes after the broker's end.
    const three = await registered(3);
    await until(() => liveAt(2).join() === '0,2,3');
    expect(await states(0, 1, 2)).toEqual(before);
    const again = await registered(1);
    await until(() => liveAt(2).join() === '0,1,2,3');
    await until(async () => (await states(2))[0]!.leader === 1);
    expect(again.epoch).toBeGreaterThan(three.epoch);
    expect(brokers.watchersOf(1)).toBe(1);
  });

  test('registered anew before its end was heard of: it starts like any other', async () => {
    await presumeDead();
    brokers.refusing.delete(1);
    await expire(one.client, cluster.connect);
    const again = await registered(1);
    await until(() => liveAt(2).join() === '0,1,2');
    await until(() => brokers.sent.some(({ broker, request }) => broker === 1 && request.brokerEpoch === again.epoch));
    expect(brokers.watchersOf(1)).toBe(1);
  });

  test('as long as it is registered nobody else is: that most of a cluster seems dead is left to ZooKeeper', async () => {
    await presumeDead();
    brokers.refuse(2);
    // One event after another: the newcomer is heard of after it.
    await registered(3);
    await until(() => liveAt(0).join() === '0,2,3');
    expect(await states(1)).toMatchObject([{ leader: 2, leader_epoch: 1, isr: [2, 0] }]);
    await two.client.close();
    await until(async () => (await states(1))[0]!.leader === 0);
  });

  test('a false alarm: under the same registration it is online again, as a follower', async () => {
    await presumeDead();
    const told = brokers.told('t').length;
    brokers.refusing.delete(1);
    await until(() => liveAt(2).join() === '0,1,2');
    await until(async () => (await states(2))[0]!.leader === 1);
    expect(await states(0, 1)).toMatchObject([
      { leader: 0, leader_epoch: 1, isr: [0, 2] },
      { leader: 2, leader_epoch: 1, isr: [2, 0] },
    ]);
    const last = brokers.sent.filter(({ api, broker }) => api === 'LeaderAndIsr' && broker === 1).at(-1)!;
    expect(last.request.brokerEpoch).toBe(one.epoch);
    expect(brokers.told('t').slice(told)).toContain(1);
    expect(brokers.watchersOf(1)).toBe(1);
  });

  test('a process that takes connections again by the time that is decided is left alone', async () => {
    brokers.refuse(1);
    brokers.refusing.delete(1);
    // Watched anew, and nothing else.
    await until(() => brokers.watchersOf(1) === 1);
    const three = await registered(3);
    await until(() => liveAt(2).join() === '0,1,2,3');
    expect(three.epoch).toBeGreaterThan(two.epoch);
    expect(await states(0, 1, 2)).toMatchObject([{ leader: 1 }, { leader: 2 }, { leader: 1 }]);
  });

  test('another controller in between takes it for live as long as ZooKeeper does, and moves nothing', async () => {
    await presumeDead();
    const before = await states(0, 1);
    const next = candidate(2, two, brokers);
    controllers.push(next);
    await controller.stop();
    await zero.client.close();
    await next.start();
    await until(() => next.isActive && liveAt(2).join() === '1,2');
    expect((await states(0, 1)).map(({ isr }) => isr.includes(1))).toEqual([false, false]);
    expect(before.map(({ isr }) => isr.includes(1))).toEqual([false, false]);
    await one.client.close();
    await until(() => liveAt(2).join() === '2');
    await until(async () => (await states(2))[0]!.leader === -1);
  });
});

describe('a controller whose process has ended', () => {
  let zero: Registered;
  let first: Controller;

  beforeEach(async () => {
    zero = await registered(0);
    first = await inOffice(0, zero);
  });

  const inOfficeNow = (): Controller[] => controllers.filter(({ isActive }) => isActive);

  test('one of those who see it takes its place and its partitions; alive after all, it resigns and comes back', async () => {
    const [one, two] = [await registered(1), await registered(2)];
    await Promise.all([inOffice(1, one), inOffice(2, two)]);
    await until(() => liveAt(0).join() === '0,1,2');
    await zero.store.createTopic('t', { topicId: TOPIC_ID, partitions: new Map([[0, on(0, 1, 2)]]) });
    await until(() => brokers.metadata(0, 't', 0)?.leader === 0);
    expect(brokers.watchersOf(0)).toBe(2);
    brokers.refuse(0);
    await until(async () => (await states(0))[0]!.leader === 1);
    expect((await states(0))[0]).toMatchObject({ leader_epoch: 1, isr: [1, 2], controller_epoch: 2 });
    await until(() => liveAt(2).join() === '1,2');
    expect(await cluster.contentOf('/controller_epoch')).toBe('2');
    await until(() => !first.isActive && inOfficeNow().length === 1);
    // Whoever lost follows the new one; the first sees that it lost, as it would hear of any other deposition.
    const winner = inOfficeNow()[0]!;
    const id = winner.controllerId;
    await until(() => controllers.every(({ controllerId }) => controllerId === id));
    expect(JSON.parse((await cluster.contentOf('/controller'))!)).toMatchObject({ version: 2, brokerid: id });
    // It has never been connected to the other one, which need not have been started a moment ago.
    expect(brokers.isOld(3 - id)).toEqual([true]);
    brokers.refusing.delete(0);
    await until(() => liveAt(3 - id).join() === '0,1,2');
    expect(brokers.isOld(0)).toEqual([false]);
  });

  test('one that has been deposed meanwhile is not followed by two', async () => {
    const one = await registered(1);
    const { epochZkVersion } = (await one.store.getControllerInOffice())!;
    expect(await one.store.trySucceed(1, 0, epochZkVersion)).toMatchObject({ type: 'elected', controllerEpoch: 2 });
    expect(await one.store.trySucceed(1, 0, epochZkVersion)).toEqual({ type: 'other', controllerId: -1 });
    expect(JSON.parse((await cluster.contentOf('/controller'))!).brokerid).toBe(1);
  });

  test('one of many who try at once succeeds; a lost reply is no lost succession', async () => {
    const members = [await registered(1), await registered(2), await registered(3)];
    members[0]!.zookeeper.loseReplyOf('multi');
    const { epochZkVersion } = (await members[0]!.store.getControllerInOffice())!;
    const outcomes = await Promise.all(
      members.map(({ store }, index) => store.trySucceed(index + 1, 0, epochZkVersion)),
    );
    const won = outcomes.flatMap(({ type }, index) => (type === 'elected' ? [index + 1] : []));
    expect(won).toHaveLength(1);
    expect(JSON.parse((await cluster.contentOf('/controller'))!).brokerid).toBe(won[0]);
    expect(await cluster.contentOf('/controller_epoch')).toBe('2');
  });

  test('who is in office under another session than its registration is nobody whose process is known', async () => {
    const one = await registered(1);
    const other = await cluster.member();
    await first.stop();
    await zero.store.resignController(1);
    expect(await other.store.tryElect(1, 0)).toMatchObject({ type: 'elected' });
    expect(await one.store.getControllerInOffice()).toBeNull();
  });
});
