import { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import type { RequestInit } from '@odradek/protocol/schema/api';
import { encodeToBuffer } from '@odradek/protocol/schema/codegen';
import { Reader } from '@odradek/protocol/wire/reader';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import { applyUpdate, EMPTY_IMAGE, LEADER_DURING_DELETE, type MetadataImage } from './metadata';

const ID_A = 'AAAAAAAAAAAAAAAAAAAAAQ';
const ID_B = 'AAAAAAAAAAAAAAAAAAAAAg';

/** Sends an update through the wire, so that every version is seen as a broker sees it. */
function update(image: MetadataImage, version: number, request: RequestInit<typeof UpdateMetadata>) {
  const codec = UpdateMetadata.requestCodec(version);
  return applyUpdate(image, codec.decode(new Reader(encodeToBuffer(codec, request))));
}

const partition = (index: number, leader = 1) => ({
  partitionIndex: index,
  controllerEpoch: 3,
  leader,
  leaderEpoch: 7,
  isr: [1],
  zkVersion: 2,
  replicas: [1, 2],
});
const broker = { id: 1, rack: 'r', endpoints: [{ port: 9092, host: 'h', listener: 'PLAINTEXT', securityProtocol: 0 }] };
const common = { controllerId: 1, controllerEpoch: 3, liveBrokers: [broker] };
const withTopic = (topicId: string, states: ReturnType<typeof partition>[]) => ({
  ...common,
  topicStates: [{ topicName: 't', topicId, partitionStates: states }],
});

test('partitions are merged, brokers and controller replaced', () => {
  const first = update(EMPTY_IMAGE, 8, withTopic(ID_A, [partition(0)])).image;
  const second = update(first, 8, { ...withTopic(ID_A, [partition(1)]), controllerId: 2 }).image;
  expect([...second.topics.get('t')!.partitions.keys()]).toEqual([0, 1]);
  expect(second.controllerId).toBe(2);
  expect(second.topicNames.get(ID_A)).toBe('t');
  expect(second.brokers.get(1)?.endpoints.get('PLAINTEXT')).toEqual({ host: 'h', port: 9092, securityProtocol: 0 });
  expect(first.topics.get('t')!.partitions.size).toBe(1);
});

test('a partition with leader -2 is deleted, and its topic with the last one', () => {
  const image = update(EMPTY_IMAGE, 8, withTopic(ID_A, [partition(0), partition(1)])).image;
  const one = update(image, 8, withTopic(ID_A, [partition(0, LEADER_DURING_DELETE)]));
  expect(one.deleted).toEqual([{ topic: 't', partition: 0 }]);
  const none = update(one.image, 8, withTopic(ID_A, [partition(1, LEADER_DURING_DELETE)]));
  expect(none.image.topics.has('t')).toBe(false);
  expect(none.image.topicNames.size).toBe(0);
});

test('a topic that comes back under another id is another topic', () => {
  const image = update(EMPTY_IMAGE, 8, withTopic(ID_A, [partition(0), partition(1)])).image;
  const next = update(image, 8, withTopic(ID_B, [partition(0)])).image;
  expect(next.topics.get('t')!.partitions.size).toBe(1);
  expect([...next.topicNames.keys()]).toEqual([ID_B]);
});

test('old versions: ungrouped partitions, listeners by protocol, and one plain address', () => {
  const ungrouped = { ...common, ungroupedPartitionStates: [{ topicName: 't', ...partition(0) }] };
  const second = update(EMPTY_IMAGE, 2, ungrouped).image;
  expect(second.topics.get('t')).toMatchObject({ topicId: ZERO_UUID });
  expect([...second.brokers.get(1)!.endpoints.keys()]).toEqual(['PLAINTEXT']);
  const oldest = update(EMPTY_IMAGE, 0, {
    ...ungrouped,
    liveBrokers: [{ id: 1, v0Host: 'h', v0Port: 9, rack: null }],
  }).image;
  expect(oldest.brokers.get(1)!.endpoints.get('PLAINTEXT')).toEqual({ host: 'h', port: 9, securityProtocol: 0 });
});
