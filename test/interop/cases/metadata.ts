import { DescribeCluster } from '@odradek/protocol/messages/describe-cluster';
import { Metadata } from '@odradek/protocol/messages/metadata';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { Both } from '../both';
import type { Scenario } from '../main';

const NO_SUCH_ID = 'x9mTn0ZqSsuHHtBYaYTJ4w';
const named = (...names: (string | null)[]) => names.map((name) => ({ name }));

async function topics(both: Both): Promise<void> {
  await both.sendEvery(Metadata, (version) => ({ topics: version === 0 ? [] : null }), { note: 'all of none' });
  await both.sendEvery(Metadata, () => ({ topics: [] }), { note: 'no topics' });
  await both.createTopic('metadata-a', { partitions: 3 });
  await both.createTopic('metadata-b');
  const still = { allowAutoTopicCreation: false };
  await both.sendEvery(Metadata, (version) => ({ topics: version === 0 ? [] : null }), { note: 'all' });
  await both.sendEvery(
    Metadata,
    () => ({ topics: named('metadata-a'), ...still }),
    { note: 'one' },
    { from: 4, to: 12 },
  );
  await both.sendEvery(Metadata, () => ({ topics: named('metadata-a') }), { note: 'one' }, { from: 0, to: 3 });
  await both.sendEvery(
    Metadata,
    () => ({ topics: named('metadata-b', 'metadata-a', 'metadata-b'), ...still }),
    { note: 'several, one twice' },
    { from: 4, to: 12 },
  );
  await both.sendEvery(
    Metadata,
    () => ({ topics: named('metadata-missing', 'metadata-a', 'metadata-gone'), ...still }),
    { note: 'unknown and known' },
    { from: 4, to: 12 },
  );
  await both.sendEvery(
    Metadata,
    () => ({ topics: named('__consumer_offsets', '__transaction_state', '__cluster_metadata'), ...still }),
    { note: 'internal' },
    { from: 4, to: 12 },
  );
  const bad = ['', '.', '..', 'a b', 'ä', 'x'.repeat(249), 'x'.repeat(250), 'a/b'];
  for (const name of bad) {
    await both.send(Metadata, 8, { topics: named(name), ...still }, { note: `named ${JSON.stringify(name)}` });
    if (name.length !== 249) {
      await both.send(Metadata, 3, { topics: named(name) }, { note: `named ${JSON.stringify(name)}, to be created` });
      await both.send(
        Metadata,
        12,
        { topics: named(name, 'metadata-a') },
        { note: `named ${JSON.stringify(name)}, to be created, and another` },
      );
    }
  }
}

async function ids(both: Both): Promise<void> {
  await both.createTopic('metadata-ids', { partitions: 2 });
  const known = both.topicId('metadata-ids');
  const still = { allowAutoTopicCreation: false };
  for (const version of [10, 11, 12]) {
    await both.send(Metadata, version, (side) => ({ topics: [{ topicId: known(side), name: null }], ...still }), {
      note: 'by id',
    });
    await both.send(
      Metadata,
      version,
      (side) => ({ topics: [{ topicId: known(side), name: 'metadata-ids' }], ...still }),
      { note: 'by id and name' },
    );
    await both.send(Metadata, version, (side) => ({ topics: [{ topicId: known(side), name: 'another' }], ...still }), {
      note: 'by id and another name',
    });
    await both.send(
      Metadata,
      version,
      { topics: [{ topicId: NO_SUCH_ID, name: null }], ...still },
      { note: 'by unknown id' },
    );
    await both.send(
      Metadata,
      version,
      { topics: [{ topicId: NO_SUCH_ID, name: 'metadata-ids' }], ...still },
      { note: 'by unknown id and name' },
    );
    await both.send(
      Metadata,
      version,
      { topics: [{ topicId: ZERO_UUID, name: null }], ...still },
      { note: 'by neither' },
    );
    await both.send(
      Metadata,
      version,
      { topics: [{ topicId: ZERO_UUID, name: 'metadata-ids' }], ...still },
      { note: 'by name' },
    );
    await both.send(
      Metadata,
      version,
      (side) => ({
        topics: [
          { topicId: known(side), name: null },
          { topicId: NO_SUCH_ID, name: null },
          { topicId: known(side), name: null },
        ],
      }),
      { note: 'several ids' },
    );
    await both.send(
      Metadata,
      version,
      (side) => ({
        topics: [
          { topicId: known(side), name: null },
          { topicId: ZERO_UUID, name: 'metadata-ids' },
        ],
      }),
      { note: 'an id and a name' },
    );
  }
}

async function operations(both: Both): Promise<void> {
  await both.createTopic('metadata-operations');
  for (const [cluster, topic] of [
    [true, false],
    [false, true],
    [true, true],
  ]) {
    const wish = { includeClusterAuthorizedOperations: cluster!, includeTopicAuthorizedOperations: topic! };
    for (const version of [8, 9, 10]) {
      await both.send(Metadata, version, {
        topics: named('metadata-operations', 'metadata-nowhere'),
        allowAutoTopicCreation: false,
        ...wish,
      });
    }
  }
  for (const version of [10, 12]) {
    const topics = [{ topicId: NO_SUCH_ID, name: null }];
    await both.send(Metadata, version, {
      topics,
      allowAutoTopicCreation: false,
      includeTopicAuthorizedOperations: true,
    });
  }
  for (const version of [11, 12]) {
    await both.send(Metadata, version, {
      topics: named('metadata-operations', 'metadata-nowhere'),
      allowAutoTopicCreation: false,
      includeTopicAuthorizedOperations: true,
    });
  }
}

/** Apache's first answer has no leader yet, ours has: what is compared is what there is once both have one. */
async function autoCreation(both: Both): Promise<void> {
  for (const version of [0, 1, 4, 8, 12]) {
    const name = `metadata-auto-${version}`;
    await both.send(
      Metadata,
      version,
      { topics: named(name) },
      { note: 'creating', except: { paths: ['topics'], why: 'ours waits for the leader' } },
    );
    for (let tries = 0; tries < 100; tries++) {
      const { apache } = await both.send(
        Metadata,
        8,
        { topics: named(name), allowAutoTopicCreation: false },
        { note: 'until created', except: { paths: ['topics'], why: 'as above' } },
      );
      if (apache.topics[0]!.errorCode === 0 && apache.topics[0]!.partitions[0]!.leaderId === 0) break;
    }
    await both.send(Metadata, version, { topics: named(name) }, { note: 'created' });
  }
}

async function cluster(both: Both): Promise<void> {
  for (const operations of [false, true]) {
    await both.send(DescribeCluster, 0, { includeClusterAuthorizedOperations: operations });
    for (const endpointType of [1, 2, 0, 3, -1, 127]) {
      await both.send(
        DescribeCluster,
        1,
        { includeClusterAuthorizedOperations: operations, endpointType },
        { note: `of ${endpointType}` },
      );
    }
  }
}

export const metadata: readonly Scenario[] = [
  { name: 'metadata: topics', run: topics },
  { name: 'metadata: ids', run: ids },
  { name: 'metadata: operations', run: operations },
  { name: 'metadata: auto-creation', run: autoCreation },
  { name: 'metadata: DescribeCluster', run: cluster },
];
