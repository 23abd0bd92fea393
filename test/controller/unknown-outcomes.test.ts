import { brokerInfo, type Member, on, TOPIC_ID, useCluster } from '../zookeeper/cluster';
import { candidate, ObedientBrokers, until } from './office';

// A broker and controller that is told of some of its writes only that nobody knows whether they happened. They did: it has
// to recognise its own work, and everything comes out as if it had been told.

const cluster = useCluster();
/** In each life every so many-th write loses its reply; in so many lives, all of them do. */
const LIVES = 8;
const TOPIC = { topic: 't', topicId: TOPIC_ID } as const;

const contentOf = async (path: string) => JSON.parse((await cluster.contentOf(path))!);
const isEmpty = async (path: string): Promise<boolean> => (await cluster.childrenOf(path)).length === 0;

/** All nodes with their content, but for what is different each time: times and random ids. */
async function tree(path = ''): Promise<string[]> {
  const content = ((await cluster.contentOf(path || '/').catch(() => null)) ?? '')
    .replace(/"timestamp":"\d+"/, '"timestamp":"…"')
    .replace(/"id":"[\w-]{22}"/, '"id":"…"')
    // A block of producer ids whose reply was lost is never used.
    .replace(/"block_start":"\d+","block_end":"\d+"/, '"block_start":"…","block_end":"…"');
  const below = await Promise.all((await cluster.childrenOf(path)).map((name) => tree(`${path}/${name}`)));
  return [`${path} ${content}`, ...below.flat()];
}

async function join(id: number): Promise<Member> {
  const member = await cluster.member();
  await member.store.registerBroker(brokerInfo(id));
  return member;
}

/** What a broker that is controller writes in its life, nearly all of it; what is there in the middle, and at the end. */
async function live(isLost: (index: number) => boolean): Promise<{ middle: string[]; end: string[]; writes: number }> {
  const { zookeeper, client, store } = await cluster.member({ isLost, sessionTimeoutMs: 20_000 });
  const brokers = new ObedientBrokers();
  const controller = candidate(0, { zookeeper, client, store }, brokers);
  const live = () =>
    brokers.sent.flatMap((sent) => (sent.api === 'UpdateMetadata' && sent.broker === 0 ? [sent] : [])).at(-1)?.request
      .liveBrokers?.length;
  const led = (partition: number) => brokers.metadata(0, 't', partition);
  await store.clusterId();
  const { brokerEpoch } = await store.registerBroker(brokerInfo(0));
  await controller.start();
  const one = await join(1);
  const two = await join(2);
  await until(() => live() === 3);
  await store.createTopicConfig('t', { 'cleanup.policy': 'compact' });
  const partitions = new Map([
    [0, on(1, 0, 2)],
    [1, on(0, 1)],
  ]);
  await store.createTopic('t', { topicId: TOPIC_ID, partitions });
  await until(() => [0, 1].every((partition) => led(partition)?.leader === partitions.get(partition)!.replicas[0]));

  // A broker goes, comes back, is taken into the in-sync set, and leads again.
  await one.client.close();
  await until(() => led(0)?.leader === 0 && led(1)?.isr?.length === 1);
  await join(1);
  await until(() => live() === 3);
  const proposal = (partition: number, isr: number[]) => {
    const { leaderEpoch, zkVersion } = led(partition)!;
    const change = { partition, isr, leaderEpoch: leaderEpoch!, partitionEpoch: zkVersion!, leaderRecoveryState: 0 };
    const topics = [{ topicName: 't', topicId: TOPIC_ID, partitions: [change] }];
    return controller.alterPartitions({ brokerId: 0, brokerEpoch, usesTopicIds: true, topics });
  };
  expect(await proposal(0, [0, 2, 1])).toMatchObject([{ partitions: [{ state: { isr: [0, 2, 1] } }] }]);
  expect(await controller.electLeaders([{ topic: 't', partition: 0 }], 'preferred')).toMatchObject([{ leader: 1 }]);

  // A partition moves.
  await controller.alterReassignments([{ topic: 't', partition: 1, replicas: [0, 2] }]);
  await until(() => led(1)?.replicas?.length === 3);
  expect(await proposal(1, [0, 2])).toMatchObject([{ partitions: [{ state: { isr: [0, 2] } }] }]);
  await until(async () => (await contentOf('/brokers/topics/t')).partitions[1].join() === '0,2');

  // Notifications, producer ids, listeners.
  await store.propagateLogDirEvent(2);
  await until(() => isEmpty('/log_dir_event_notification'));
  await store.propagateIsrChanges([{ topic: 't', partition: 0 }]);
  await until(() => isEmpty('/isr_change_notification'));
  await controller.allocateProducerIds(0, brokerEpoch);
  await store.updateBroker(brokerInfo(0, 9_999));
  await store.configs.set('topics', 't', {});
  const middle = await tree();

  await store.createDeleteTopic(TOPIC.topic);
  await until(async () => (await isEmpty('/brokers/topics')) && (await isEmpty('/admin/delete_topics')));
  await controller.stop();
  await store.resignController(1);
  const end = await tree();
  await Promise.all([client.close(), two.client.close()]);
  return { middle, end, writes: zookeeper.writes };
}

test('nothing that is told to have been lost is done twice, or not at all', async () => {
  const { writes, ...expected } = await live(() => false);
  expect(expected.middle.length).toBeGreaterThan(30);
  expect(writes).toBeGreaterThan(4 * LIVES);
  for (let lost = 0; lost < LIVES; lost++) {
    cluster.renew();
    expect(await live((index) => index % LIVES === lost)).toMatchObject(expected);
  }
});
