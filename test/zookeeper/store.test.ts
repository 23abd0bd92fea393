import { silentLoggers } from '@odradek/broker/env/logger';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { ChangeNotifications } from '@odradek/broker/zookeeper/change-notifications';
import { ANY_VERSION, ControllerMovedError } from '@odradek/broker/zookeeper/store';
import { paths } from '@odradek/broker/zookeeper/znodes';
import { type Member, on, partition, TOPIC_ID, useCluster } from './cluster';

const cluster = useCluster();
const state = { leader: 1, leaderEpoch: 0, isr: [1], leaderRecoveryState: 0, controllerEpoch: 1 };

describe('topics', () => {
  test('their life in znodes', async () => {
    const { store } = await cluster.member();
    await store.tryElect(1, 0);
    await store.createTopicConfig('t', {});
    await store.createTopic('t', { topicId: TOPIC_ID, partitions: new Map([[0, on(1)]]) });
    expect(await cluster.contentOf('/config/topics/t')).toBe('{"version":1,"config":{}}');
    expect(await store.getTopics()).toEqual(['t']);
    await expect(store.createTopic('t', { topicId: TOPIC_ID, partitions: new Map() })).rejects.toMatchObject({
      code: 'NODE_EXISTS',
    });
    const grown = {
      topicId: TOPIC_ID,
      partitions: new Map([
        [0, on(1)],
        [1, on(1)],
      ]),
    };
    await store.setTopicAssignment('t', grown, ANY_VERSION);
    expect(await store.getTopicAssignments(['t', 'none'])).toEqual(new Map([['t', grown]]));
    const created = await store.createPartitionStates(
      [0, 1].map((number) => ({ ...partition('t', number), state })),
      1,
    );
    expect(created).toEqual([
      { type: 'ok', version: 0 },
      { type: 'ok', version: 0 },
    ]);
    expect(await cluster.contentOf('/brokers/topics/t/partitions')).toBeNull();
    expect(await cluster.contentOf('/brokers/topics/t/partitions/1/state')).toBe(
      '{"controller_epoch":1,"leader":1,"version":1,"leader_epoch":0,"isr":[1]}',
    );
    await store.createDeleteTopic('t');
    await store.createDeleteTopic('t');
    expect(await store.getTopicDeletions()).toEqual(['t']);
    expect(await store.isTopicMarkedForDeletion('t')).toBe(true);
    await store.deleteTopicZNodes('t', 1);
    expect(await store.getTopics()).toEqual([]);
    expect(await store.topicExists('t')).toBe(false);
    expect(await store.configs.getAll('topics')).toEqual(new Map());
    expect(await store.getTopicDeletions()).toEqual([]);
    await store.deleteTopicDeletions(['t'], 1);
  });

  test('who has caught up has written nothing', async () => {
    const { store } = await cluster.member();
    const before = await cluster.observer.exists(`${cluster.chroot}${paths.topics}`);
    await store.catchUp();
    expect(await cluster.observer.exists(`${cluster.chroot}${paths.topics}`)).toEqual(before);
  });

  test('a topic whose reply was lost is created once, and not refused', async () => {
    const { zookeeper, store } = await cluster.member();
    zookeeper.loseReplyOf('create');
    await store.createTopic('t', { topicId: TOPIC_ID, partitions: new Map([[0, on(1)]]) });
    expect(zookeeper.lossesLeft).toBe(0);
  });
});

describe('partition states', () => {
  const updated = { ...state, leaderEpoch: 1 };

  async function withState(): Promise<Member> {
    const made = await cluster.member();
    await made.store.tryElect(1, 0);
    await made.store.createTopic('t', { topicId: TOPIC_ID, partitions: new Map([[0, on(1)]]) });
    await made.store.createPartitionStates([{ ...partition('t', 0), state }], 1);
    return made;
  }

  test('each update stands for itself', async () => {
    const { store } = await withState();
    const results = await store.updatePartitionStates(
      [
        { ...partition('t', 0), state: updated, expectedVersion: 0 },
        { ...partition('t', 1), state: updated, expectedVersion: 0 },
      ],
      1,
    );
    expect(results).toMatchObject([
      { type: 'ok', version: 1 },
      { type: 'error', error: { code: 'NO_NODE', path: '/brokers/topics/t/partitions/1/state' } },
    ]);
    const stale = await store.updatePartitionStates([{ ...partition('t', 0), state, expectedVersion: 0 }], 1);
    expect(stale).toEqual([{ type: 'conflict' }]);
    const twice = await store.createPartitionStates([{ ...partition('t', 0), state }], 1);
    expect(twice).toEqual([{ type: 'conflict' }]);
    const read = await store.getPartitionStates([partition('t', 0), partition('t', 9)]);
    expect(read).toEqual(new Map([['t-0', { ...updated, partitionEpoch: 1 }]]));
  });

  test('lost replies of update and creation are looked into', async () => {
    const { zookeeper, store } = await withState();
    zookeeper.loseReplyOf('multi');
    const update = { ...partition('t', 0), state: updated, expectedVersion: 0 };
    expect(await store.updatePartitionStates([update], 1)).toEqual([{ type: 'ok', version: 1 }]);
    for (let count = 0; count < 3; count++) zookeeper.loseReplyOf('multi');
    await store.createTopic('u', { topicId: null, partitions: new Map() });
    expect(await store.createPartitionStates([{ ...partition('u', 0), state }], 1)).toEqual([
      { type: 'ok', version: 0 },
    ]);
    expect(zookeeper.lossesLeft).toBe(0);
  });

  test('many are written together, where nothing stands in the way of any', async () => {
    const { zookeeper, store } = await withState();
    const all = Array.from({ length: 250 }, (_, number) => partition('t', number));
    const before = zookeeper.writes;
    const created = await store.createPartitionStates(
      all.slice(1).map((id) => ({ ...id, state })),
      1,
    );
    expect(created).toEqual(all.slice(1).map(() => ({ type: 'ok', version: 0 })));
    // The containers above them, and three chunks.
    expect(zookeeper.writes - before).toBeLessThan(10);
    const updates = all.map((id) => ({ ...id, state: updated, expectedVersion: id.partition === 120 ? 7 : 0 }));
    zookeeper.loseReplyOf('multi');
    const results = await store.updatePartitionStates(updates, 1);
    expect(results.map(({ type }) => type)).toEqual(
      all.map(({ partition: number }) => (number === 120 ? 'conflict' : 'ok')),
    );
    expect(zookeeper.lossesLeft).toBe(0);
    const read = await store.getPartitionStates(all);
    expect(read.get('t-249')).toEqual({ ...updated, partitionEpoch: 1 });
    expect(read.get('t-120')).toEqual({ ...state, partitionEpoch: 0 });
  });

  test('another’s write of the same version is not taken for ours', async () => {
    const { store } = await withState();
    const other = { ...partition('t', 0), state: { ...updated, isr: [1, 2] }, expectedVersion: 0 };
    await store.updatePartitionStates([other], 1);
    const ours = { ...partition('t', 0), state: updated, expectedVersion: 0 };
    expect(await store.updatePartitionStates([ours], 1)).toEqual([{ type: 'conflict' }]);
  });

  test('a former controller writes nothing', async () => {
    const { store } = await withState();
    await store.resignController(1);
    await (await cluster.member()).store.tryElect(2, 0);
    const update = { ...partition('t', 0), state: updated, expectedVersion: 0 };
    await expect(store.updatePartitionStates([update, update], 1)).rejects.toBeInstanceOf(ControllerMovedError);
    await expect(store.createPartitionStates([update], 1)).rejects.toBeInstanceOf(ControllerMovedError);
    await expect(store.deleteTopicZNodes('t', 1)).rejects.toBeInstanceOf(ControllerMovedError);
    await expect(store.setTopicAssignment('t', { topicId: null, partitions: new Map() }, 1)).rejects.toBeInstanceOf(
      ControllerMovedError,
    );
    expect((await store.getPartitionStates([partition('t', 0)])).get('t-0')).toEqual({ ...state, partitionEpoch: 0 });
  });
});

describe('configs', () => {
  test('are written only while there is a controller', async () => {
    const { store } = await cluster.member();
    await expect(store.configs.set('brokers', '1', {})).rejects.toThrow('when there is no controller');
    await store.tryElect(1, 0);
    await store.configs.change('brokers', '<default>', { 'log.cleaner.threads': '2' });
    await store.configs.change('brokers', '<default>', { 'log.cleaner.threads': '3' });
    expect(await cluster.contentOf('/config/brokers/<default>')).toBe(
      '{"version":1,"config":{"log.cleaner.threads":"3"}}',
    );
    expect(await cluster.contentOf('/config/changes/config_change_0000000001')).toBe(
      '{"version":2,"entity_path":"brokers/<default>"}',
    );
    expect(await store.configs.get('brokers', '7')).toEqual({});
  });

  test('quota entities without any config lose their nodes, parents too', async () => {
    const { store } = await cluster.member();
    await store.tryElect(1, 0);
    await store.configs.change('users', 'a/clients/x', { producer_byte_rate: '1' });
    await store.configs.change('users', 'a/clients/y', { producer_byte_rate: '2' });
    expect(await store.configs.getAllUserClients()).toEqual(
      new Map([
        ['a/clients/x', { producer_byte_rate: '1' }],
        ['a/clients/y', { producer_byte_rate: '2' }],
      ]),
    );
    await store.configs.change('users', 'a/clients/x', {});
    expect(await cluster.childrenOf('/config/users/a/clients')).toEqual(['y']);
    await store.configs.change('users', 'a/clients/y', {});
    expect(await store.configs.getAll('users')).toEqual(new Map());
    await store.configs.change('topics', 't', {});
    expect(await store.configs.getAll('topics')).toEqual(new Map([['t', {}]]));
  });

  test('changes reach every listener, in order, whatever one of them throws; old ones go', async () => {
    const [writer, reader] = [await cluster.member(), await cluster.member()];
    await writer.store.tryElect(1, 0);
    await writer.store.configs.notify('topics/before');
    await cluster.observer.create(
      `${cluster.chroot}${paths.configChange}`,
      Buffer.from('no JSON'),
      'persistent-sequential',
    );
    const seen: string[] = [];
    let resolve: () => void = () => {};
    const last = new Promise<void>((done) => {
      resolve = done;
    });
    const changes = new ChangeNotifications(reader.client, nodeClock, silentLoggers, (entityPath) => {
      seen.push(entityPath);
      if (entityPath === 'topics/bad') throw new Error('bad');
      if (entityPath === 'topics/last') resolve();
    });
    await changes.start();
    expect(seen).toEqual(['topics/before']);
    for (const topic of ['a', 'bad', 'b', 'last']) await writer.store.configs.notify(`topics/${topic}`);
    await last;
    await changes.stop();
    expect(seen).toEqual(['topics/before', 'topics/a', 'topics/bad', 'topics/b', 'topics/last']);
    // A quarter of an hour later, on a clock that says so.
    const later = { ...nodeClock, nowMs: () => nodeClock.nowMs() + 15 * 60_000 + 1_000 };
    const purging = new ChangeNotifications(reader.client, later, silentLoggers, () => {});
    await purging.start();
    await purging.stop();
    expect(await cluster.childrenOf(paths.configChanges)).toEqual([]);
  });
});

describe('the rest', () => {
  test('producer id blocks never overlap', async () => {
    const [a, b] = [await cluster.member(), await cluster.member()];
    const blocks = await Promise.all([a, b, a, b].map(({ store }, index) => store.allocateProducerIdBlock(index)));
    expect(blocks.map(({ firstProducerId }) => firstProducerId).sort((x, y) => x - y)).toEqual([
      0, 1_000, 2_000, 3_000,
    ]);
    expect(await cluster.contentOf('/latest_producer_id_block')).toMatch(
      /^\{"version":1,"broker":\d,"block_start":"3000","block_end":"3999"\}$/,
    );
  });

  test('/feature is made, enabled, and kept', async () => {
    const { client, store } = await cluster.member();
    expect(await store.setupFeature()).toBe(0);
    expect(await cluster.contentOf('/feature')).toBe('{"features":{},"version":2,"status":1}');
    expect(await store.setupFeature()).toBe(0);
    await client.setData(paths.feature, Buffer.from('{"features":{},"version":1,"status":0}'), ANY_VERSION);
    expect(await store.setupFeature()).toBe(2);
    expect(await store.readFeature()).toMatchObject({ zkVersion: 2, content: { status: 'enabled', version: 2 } });
  });

  test('notifications to the controller and what old tools ask', async () => {
    const { client, store } = await cluster.member();
    await store.tryElect(1, 0);
    await store.propagateIsrChanges([partition('t', 0)]);
    await store.propagateLogDirEvent(2);
    expect(await store.getIsrChangeNotifications()).toEqual(['isr_change_0000000000']);
    expect(await store.getPartitionsFromIsrChangeNotifications(['isr_change_0000000000', 'gone'])).toEqual([
      partition('t', 0),
    ]);
    expect(await store.getBrokerIdsFromLogDirEvents(await store.getLogDirEventNotifications())).toEqual([2]);
    await store.deleteIsrChangeNotifications(1);
    await store.deleteLogDirEventNotifications(1, ['log_dir_event_0000000000', 'gone']);
    expect(await store.getIsrChangeNotifications()).toEqual([]);
    expect(await store.getLogDirEventNotifications()).toEqual([]);
    expect(await store.reassignments.requests()).toBeNull();
    await store.reassignments.setRequests([{ ...partition('t', 0), replicas: [2] }], 1);
    expect(await store.reassignments.requests()).toEqual([{ ...partition('t', 0), replicas: [2] }]);
    await store.reassignments.deleteRequests(1);
    await client.create(paths.preferredReplicaElection, Buffer.from('{"version":1,"partitions":[]}'));
    expect(await store.getPreferredReplicaElection()).toEqual([]);
    await store.deletePreferredReplicaElection(1);
    expect(await store.getPreferredReplicaElection()).toBeNull();
  });
});
