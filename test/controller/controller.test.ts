import { brokerInfo, expire, on, useCluster } from '../zookeeper/cluster';
import { byHand, candidate, ObedientBrokers, office, until } from './office';

const cluster = useCluster();

const isThere = async (path: string): Promise<boolean> =>
  (await cluster.observer.exists(cluster.chroot + path)) !== null;
const epoch = (): Promise<string | null> => cluster.contentOf('/controller_epoch');
const stateOf = async (topic: string, partition: number) =>
  JSON.parse((await cluster.contentOf(`/brokers/topics/${topic}/partitions/${partition}/state`))!);
const topic = (...partitions: number[][]) => ({ version: 1, partitions: { ...partitions } });

describe('the office', () => {
  test('/controller deleted by hand: elected again, one epoch later, and told so', async () => {
    const { brokers } = await office(cluster);
    expect(await epoch()).toBe('1');
    const before = brokers.sent.length;
    await cluster.observer.delete(`${cluster.chroot}/controller`, -1);
    await until(() => brokers.sent.length > before);
    expect(await epoch()).toBe('2');
    expect(brokers.sent.at(-1)!.request.controllerEpoch).toBe(2);
  });

  test('one who fails to take office gives it up, and tries again', async () => {
    const member = await cluster.member();
    const brokers = new ObedientBrokers();
    await byHand(cluster, '/brokers/topics/t', '{"version":1,"partitions":{"0":"nobody"}}');
    await member.store.registerBroker(brokerInfo(0));
    const controller = candidate(0, member, brokers);
    await controller.start();
    expect(controller.isActive).toBe(false);
    await until(async () => Number((await epoch().catch(() => null)) ?? 0) > 1);
    await byHand(cluster, '/brokers/topics/t', topic([0]));
    await until(() => controller.isActive && brokers.told('t').length > 0);
    expect(await isThere('/controller')).toBe(true);
  });

  test('brokers that went while there was no controller: others lead, the in-sync sets lose them', async () => {
    const { member, brokers, controller } = await office(cluster);
    const second = await cluster.member();
    await second.store.registerBroker(brokerInfo(1));
    await until(() => brokers.sent.some(({ broker }) => broker === 1));
    const partitions = new Map([on(1, 0), on(0, 1), on(1)].map((replicas, index) => [index, replicas]));
    await member.store.createTopic('t', { topicId: null, partitions });
    await until(() => brokers.metadata(0, 't', 2)?.leader === 1);
    await controller.stop();
    await second.client.close();
    await member.client.close();
    const later = await cluster.member();
    await later.store.registerBroker(brokerInfo(0));
    const successors = new ObedientBrokers();
    await candidate(0, later, successors).start();
    expect(await stateOf('t', 0)).toMatchObject({ leader: 0, isr: [0], leader_epoch: 1 });
    expect(await stateOf('t', 1)).toMatchObject({ leader: 0, isr: [0], leader_epoch: 1 });
    expect(await stateOf('t', 2)).toMatchObject({ leader: -1, isr: [1], leader_epoch: 1 });
    await until(() => successors.metadata(0, 't', 2)?.leader === -1);
    expect(successors.order(0, 't', 1)).toMatchObject({ leader: 0, isr: [0] });
  });

  test('a session that ends: registered anew, elected again, events of the old session are not carried out', async () => {
    const { member, brokers, controller } = await office(cluster);
    const before = (await member.store.getBroker(0))!.epoch;
    await expire(member.client, cluster.connect);
    await until(async () => controller.isActive && (await epoch()) === '2');
    const after = (await member.store.getBroker(0))!.epoch;
    expect(after).toBeGreaterThan(before);
    await until(() => brokers.sent.at(-1)!.request.brokerEpoch === after);
    await byHand(cluster, '/brokers/topics/t', topic([0]));
    await until(() => brokers.told('t').length === 1);
  });
});

describe('topics written by hand', () => {
  test('one without an id is given one, a leader, and is made known', async () => {
    const { brokers } = await office(cluster);
    await byHand(cluster, '/brokers/topics/t', topic([0], [0]));
    await until(() => brokers.metadata(0, 't', 1) !== undefined);
    const { topic_id: topicId } = JSON.parse((await cluster.contentOf('/brokers/topics/t'))!);
    expect(topicId).toMatch(/^[\w-]{22}$/);
    expect(await stateOf('t', 1)).toEqual({
      controller_epoch: 1,
      leader: 0,
      version: 1,
      leader_epoch: 0,
      isr: [0],
    });
    expect(brokers.metadata(0, 't', 1)).toMatchObject({ leader: 0, leaderEpoch: 0, replicas: [0] });
  });

  test('partitions added to the znode come up, more than once', async () => {
    const { brokers } = await office(cluster);
    await byHand(cluster, '/brokers/topics/t', topic([0]));
    for (const count of [2, 3]) {
      await until(() => brokers.metadata(0, 't', count - 2) !== undefined);
      const node = JSON.parse((await cluster.contentOf('/brokers/topics/t'))!);
      node.partitions = { ...Array.from({ length: count }, () => [0]) };
      await byHand(cluster, '/brokers/topics/t', node);
    }
    await until(() => brokers.metadata(0, 't', 2) !== undefined);
  });

  test('partitions added by a tool that knows no topic ids do not cost the topic its id', async () => {
    const { brokers } = await office(cluster);
    await byHand(cluster, '/brokers/topics/t', topic([0]));
    await until(() => brokers.metadata(0, 't', 0) !== undefined);
    const { topic_id: topicId } = JSON.parse((await cluster.contentOf('/brokers/topics/t'))!);
    await byHand(cluster, '/brokers/topics/t', topic([0], [0]));
    await until(() => brokers.metadata(0, 't', 1) !== undefined);
    const node = JSON.parse((await cluster.contentOf('/brokers/topics/t'))!);
    expect([node.topic_id, Object.keys(node.partitions)]).toEqual([topicId, ['0', '1']]);
  });

  test('a state that cannot be read, or is of a later controller, holds nothing else up', async () => {
    const { brokers } = await office(cluster);
    await byHand(cluster, '/brokers/topics/other', topic([0]));
    await until(() => brokers.metadata(0, 'other', 0) !== undefined);
    for (const [name, state] of [
      ['garbage', 'not JSON'],
      ['foreign', { version: 1, leader: -1, leader_epoch: 3, controller_epoch: 99, isr: [0] }],
    ] as const) {
      const path = `/brokers/topics/${name}`;
      // The assignment comes last: the rest is there when the controller looks.
      await byHand(cluster, path, { version: 1, partitions: {} });
      await byHand(cluster, `${path}/partitions`);
      await byHand(cluster, `${path}/partitions/0`);
      await byHand(cluster, `${path}/partitions/0/state`, state);
      await byHand(cluster, path, topic([0]));
    }
    await byHand(cluster, '/brokers/topics/last', topic([0]));
    await until(() => brokers.metadata(0, 'last', 0) !== undefined);
    expect(await cluster.contentOf('/brokers/topics/garbage/partitions/0/state')).toBe('not JSON');
    expect(await stateOf('foreign', 0)).toMatchObject({ leader: -1, controller_epoch: 99 });
  });
});

describe('unclean elections', () => {
  const allowed = { version: 1, config: { 'unclean.leader.election.enable': 'true' } };
  const lost = { controller_epoch: 1, leader: 7, version: 1, leader_epoch: 3, isr: [7] };

  test.each(['t', null])('once %s allows them, a replica that was not in sync leads', async (enabled) => {
    const { brokers, controller } = await office(cluster);
    await byHand(cluster, '/brokers/topics/t', { version: 1, partitions: {} });
    for (const path of ['partitions', 'partitions/0']) await byHand(cluster, `/brokers/topics/t/${path}`);
    await byHand(cluster, '/brokers/topics/t/partitions/0/state', lost);
    await byHand(cluster, '/brokers/topics/t', topic([0, 7]));
    await until(() => brokers.metadata(0, 't', 0) !== undefined);
    expect(await stateOf('t', 0)).toEqual(lost);
    await byHand(cluster, '/config/topics/t', allowed);
    controller.onUncleanElectionEnabled(enabled);
    await until(() => brokers.metadata(0, 't', 0)?.leader === 0);
    expect(await stateOf('t', 0)).toMatchObject({ leader: 0, leader_epoch: 4, isr: [0], leader_recovery_state: 1 });
  });
});

describe('deletion', () => {
  test('asked for by hand: replicas are deleted, then every znode goes; what does not exist is crossed off', async () => {
    const { brokers } = await office(cluster);
    await byHand(cluster, '/brokers/topics/t', topic([0], [0]));
    await byHand(cluster, '/config/topics/t', { version: 1, config: {} });
    await until(() => brokers.metadata(0, 't', 1) !== undefined);
    await byHand(cluster, '/admin/delete_topics/none');
    await byHand(cluster, '/admin/delete_topics/t');
    await until(async () => (await cluster.childrenOf('/admin/delete_topics')).length === 0);
    expect(await cluster.childrenOf('/brokers/topics')).toEqual([]);
    expect(await cluster.childrenOf('/config/topics')).toEqual([]);
    expect(brokers.metadata(0, 't', 1)).toMatchObject({ leader: -2 });
    expect(brokers.toldToDelete('t')).toEqual([0]);
    // The same name again is another topic.
    await byHand(cluster, '/brokers/topics/t', topic([0]));
    await until(() => brokers.metadata(0, 't', 0)?.leader === 0);
  });

  test('a broker that goes before it has answered is told again when it is back, and not to follow first', async () => {
    const { member, brokers } = await office(cluster);
    const second = await cluster.member();
    await second.store.registerBroker(brokerInfo(1));
    await member.store.createTopic('t', { topicId: null, partitions: new Map([[0, on(0, 1)]]) });
    await until(() => brokers.told('t').length === 2);
    brokers.silent.add(1);
    await byHand(cluster, '/admin/delete_topics/t');
    await until(() => brokers.toldToDelete('t').length === 2);
    await second.client.close();
    await until(async () => (await cluster.childrenOf('/brokers/ids')).length === 1);
    brokers.silent.clear();
    const third = await cluster.member();
    await third.store.registerBroker(brokerInfo(1));
    await until(async () => !(await isThere('/brokers/topics/t')));
    expect(brokers.toldToDelete('t')).toEqual([0, 1, 1]);
    expect(brokers.told('t').slice(2)).toEqual([]);
  });

  test('what lives is deleted, the rest when its broker is back; until then ZooKeeper shows no leader', async () => {
    const { member, brokers } = await office(cluster);
    const second = await cluster.member();
    await second.store.registerBroker(brokerInfo(1));
    await member.store.createTopic('t', { topicId: null, partitions: new Map([[0, on(0, 1)]]) });
    await until(() => brokers.told('t').length === 2);
    await second.client.close();
    await until(() => brokers.metadata(0, 't', 0)?.isr?.length === 1);
    await byHand(cluster, '/admin/delete_topics/t');
    await until(() => brokers.toldToDelete('t').length === 1);
    expect(await stateOf('t', 0)).toMatchObject({ leader: -1, isr: [0], leader_epoch: 2 });
    expect(brokers.toldToStop('t')).toEqual([0]);
    const third = await cluster.member();
    await third.store.registerBroker(brokerInfo(1));
    // The request goes last.
    await until(async () => (await cluster.childrenOf('/admin/delete_topics')).length === 0);
    expect(await isThere('/brokers/topics/t')).toBe(false);
    expect(brokers.toldToDelete('t')).toEqual([0, 1]);
  });

  test('a topic on the move is deleted where it arrives', async () => {
    const { member, brokers } = await office(cluster);
    const second = await cluster.member();
    await second.store.registerBroker(brokerInfo(1));
    await until(() => brokers.sent.some(({ broker }) => broker === 1));
    await byHand(cluster, '/brokers/topics/t', topic([0]));
    await until(() => brokers.metadata(1, 't', 0)?.leader === 0);
    await byHand(cluster, '/admin/reassign_partitions', {
      version: 1,
      partitions: [{ topic: 't', partition: 0, replicas: [1] }],
    });
    await until(() => brokers.order(1, 't', 0) !== undefined);
    await byHand(cluster, '/admin/delete_topics/t');
    await byHand(cluster, '/admin/delete_topics/none');
    await until(async () => !(await isThere('/admin/delete_topics/none')));
    expect(brokers.toldToDelete('t')).toEqual([]);
    await byHand(cluster, '/brokers/topics/t/partitions/0/state', { ...(await stateOf('t', 0)), isr: [0, 1] });
    await member.store.propagateIsrChanges([{ topic: 't', partition: 0 }]);
    await until(async () => !(await isThere('/brokers/topics/t')));
    expect(brokers.toldToDelete('t')).toEqual([0, 1]);
  });

  test('one that a new controller finds half done goes on; the topic is not announced again', async () => {
    const { member, brokers, controller } = await office(cluster);
    await byHand(cluster, '/brokers/topics/t', topic([0]));
    await until(() => brokers.metadata(0, 't', 0) !== undefined);
    brokers.silent.add(0);
    await byHand(cluster, '/admin/delete_topics/t');
    await until(() => brokers.toldToDelete('t').length === 1);
    await controller.stop();
    await member.client.close();
    const later = await cluster.member();
    await later.store.registerBroker(brokerInfo(0));
    const successors = new ObedientBrokers();
    await candidate(0, later, successors).start();
    await until(async () => !(await isThere('/admin/delete_topics/t')));
    expect(successors.told('t')).toEqual([]);
    expect(successors.metadata(0, 't', 0)).toMatchObject({ leader: -2 });
    expect(await isThere('/brokers/topics/t')).toBe(false);
  });
});

describe('what brokers tell through ZooKeeper', () => {
  test('a failed log folder: its replicas are offline, others lead', async () => {
    const { member, brokers } = await office(cluster);
    const second = await cluster.member();
    await second.store.registerBroker(brokerInfo(1));
    await until(() => brokers.sent.some(({ broker }) => broker === 1));
    const partitions = new Map([on(0, 1), on(0)].map((replicas, index) => [index, replicas]));
    await member.store.createTopic('t', { topicId: null, partitions });
    await until(() => brokers.metadata(1, 't', 1)?.leader === 0);
    brokers.failed.add('0:t-0').add('0:t-1');
    await member.store.propagateLogDirEvent(0);
    await until(() => brokers.metadata(1, 't', 0)?.leader === 1 && brokers.metadata(1, 't', 1)?.leader === -1);
    expect(brokers.metadata(1, 't', 1)).toMatchObject({ offlineReplicas: [0], leaderEpoch: 1, isr: [0] });
    expect(await stateOf('t', 0)).toMatchObject({ leader: 1, isr: [1], leader_epoch: 1 });
    await until(async () => (await cluster.childrenOf('/log_dir_event_notification')).length === 0);
    // A second one is noticed like the first.
    await member.store.propagateLogDirEvent(0);
    await until(async () => (await cluster.childrenOf('/log_dir_event_notification')).length === 0);
  });

  test('an ISR that an old leader has written itself', async () => {
    const { member, brokers } = await office(cluster);
    await byHand(cluster, '/brokers/topics/t', topic([0, 1]));
    await until(() => brokers.metadata(0, 't', 0) !== undefined);
    const state = { ...(await stateOf('t', 0)), isr: [0, 1] };
    await byHand(cluster, '/brokers/topics/t/partitions/0/state', state);
    await member.store.propagateIsrChanges([{ topic: 't', partition: 0 }]);
    await until(async () => (await cluster.childrenOf('/isr_change_notification')).length === 0);
    expect(brokers.metadata(0, 't', 0)).toMatchObject({ isr: [0, 1], zkVersion: 1 });
  });

  test('other listeners, each time they change', async () => {
    const { member, brokers } = await office(cluster);
    const ports = () => {
      const last = brokers.sent.filter(({ api }) => api === 'UpdateMetadata').at(-1);
      return last?.api === 'UpdateMetadata' ? last.request.liveBrokers[0]?.endpoints?.map(({ port }) => port) : [];
    };
    for (const port of [10_001, 10_002]) {
      await member.store.updateBroker(brokerInfo(0, port));
      await until(() => ports()?.[0] === port);
    }
  });
});
