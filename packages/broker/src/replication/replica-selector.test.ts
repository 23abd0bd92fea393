import { type ReplicaView, rackAware, replicaSelectorOf } from './replica-selector';

const view = (id: number, rack: string | null, logEndOffset = 10, sinceCaughtUpMs = 0): ReplicaView => ({
  id,
  rack,
  logEndOffset,
  sinceCaughtUpMs,
});
const leader = view(1, 'a', 20);

test.each<[string, string, ReplicaView[], number]>([
  ['a consumer without a rack', '', [view(2, 'b')], 1],
  ['the leader is near', 'a', [view(2, 'a', 20)], 1],
  ['nobody is near', 'c', [view(2, 'b')], 1],
  ['one is near', 'b', [view(2, 'b'), view(3, 'c', 20)], 2],
  ['the one that has most', 'b', [view(2, 'b', 10), view(3, 'b', 11), view(4, 'b', 9)], 3],
  ['of two, the one that was caught up last', 'b', [view(2, 'b', 10, 5), view(3, 'b', 10, 6)], 2],
  ['of two alike, the higher id', 'b', [view(3, 'b'), view(2, 'b')], 3],
  ['racks that are not known are not the same', '', [view(2, null)], 1],
])('%s', (_, rack, followers, chosen) => {
  expect(rackAware(rack, [...followers, leader], leader).id).toBe(chosen);
});

test('selectors go by the names of Kafka’s classes', () => {
  expect(replicaSelectorOf(null)).toBeNull();
  expect(replicaSelectorOf('org.apache.kafka.common.replica.LeaderSelector')).toBeNull();
  expect(replicaSelectorOf('org.apache.kafka.common.replica.RackAwareReplicaSelector')).toBe(rackAware);
});
