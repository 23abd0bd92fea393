import { EMPTY_IMAGE } from '../cluster/metadata';
import { MetadataCache } from '../cluster/metadata-cache';
import { BrokerConfig } from '../config/broker-config';
import { silentLoggers } from '../env/logger';
import { ManualClock } from '../env/testing/clock';
import { ZooKeeperError } from '../env/zookeeper';
import type { ZooKeeperStore } from '../zookeeper/store';
import { TopicAdmin } from './topic-admin';

const config = BrokerConfig.parse(new Map([['zookeeper.connect', 'localhost:2181']]));

function adminWith(isTopicMarkedForDeletion: () => Promise<boolean>) {
  const clock = new ManualClock();
  const metadata = new MetadataCache(clock);
  const node = { id: 0, rack: null, endpoints: new Map() };
  Object.assign(metadata, { current: { ...EMPTY_IMAGE, brokers: new Map([[0, node]]) } });
  const admin = new TopicAdmin({
    store: { isTopicMarkedForDeletion } as unknown as ZooKeeperStore,
    metadata,
    spread: { everywhere: async () => {} },
    config: () => config,
    random: { below: () => 0, uuid: () => 'AAAAAAAAAAAAAAAAAAAAAQ', bytes: (count) => Buffer.alloc(count) },
    clock,
    logger: silentLoggers.logger('test'),
  });
  return { admin, clock };
}

describe('a topic that a client has merely named', () => {
  test('is waited for only so long, also where ZooKeeper says nothing', async () => {
    const { admin, clock } = adminWith(() => new Promise(() => {}));
    const answers: unknown[] = [];
    for (let asked = 0; asked < 2; asked++)
      admin.autoCreate('t', 5_000, () => {}).catch((error) => answers.push(error.error));
    await clock.advance(4_999);
    expect(answers).toEqual([]);
    await clock.advance(1);
    expect(answers).toEqual(['LEADER_NOT_AVAILABLE', 'LEADER_NOT_AVAILABLE']);
    expect(clock.timers).toBe(0);
  });

  test('may be asked for again where ZooKeeper or the controller was away', async () => {
    const { admin, clock } = adminWith(async () => {
      throw new ZooKeeperError('SESSION_EXPIRED', '/admin/delete_topics/t');
    });
    await expect(admin.autoCreate('t', 5_000, () => {})).rejects.toMatchObject({ error: 'LEADER_NOT_AVAILABLE' });
    expect(clock.timers).toBe(0);
  });

  test('has no leader to wait for while the topic of that name is being deleted', async () => {
    const { admin, clock } = adminWith(async () => true);
    await expect(admin.autoCreate('t', 5_000, () => {})).rejects.toMatchObject({ error: 'LEADER_NOT_AVAILABLE' });
    expect(clock.timers).toBe(0);
  });
});
