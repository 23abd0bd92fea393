import { imbalancedPartitions } from './leader-balance';
import { ControllerState } from './state';

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

/** Brokers 1 and 2, and one topic: each partition as its replicas, its leader and who is in sync. */
function cluster(...partitions: [replicas: number[], leader: number, isr: number[]][]): ControllerState {
  const state = new ControllerState(1, 1);
  for (const id of [1, 2]) state.brokers.set(id, { id, epoch: id, rack: null, endpoints: new Map() });
  const assignments = partitions.map(([replicas], partition) => {
    return [partition, { replicas, addingReplicas: [], removingReplicas: [] }] as const;
  });
  state.topics.set('t', { name: 't', topicId: TOPIC_ID, partitions: new Map(assignments) });
  for (const [partition, [, leader, isr]] of partitions.entries()) {
    const epochs = { leaderEpoch: 0, controllerEpoch: 1, partitionEpoch: 0 };
    state.setState({ topic: 't', partition }, { ...epochs, leader, isr, leaderRecoveryState: 0 });
  }
  return state;
}

const imbalanced = (state: ControllerState, percentage = 10): number[] =>
  imbalancedPartitions(state, percentage).map(({ partition }) => partition);

const GOOD: [number[], number, number[]] = [[1, 2], 1, [1, 2]];
const ASTRAY: [number[], number, number[]] = [[1, 2], 2, [2, 1]];

test('partitions led elsewhere than by their first replica, of brokers that miss more than the percentage', () => {
  expect(imbalanced(cluster(GOOD, GOOD))).toEqual([]);
  expect(imbalanced(cluster(GOOD, ASTRAY))).toEqual([1]);
  expect(imbalanced(cluster(GOOD, ASTRAY), 50)).toEqual([]);
  expect(imbalanced(cluster(GOOD, ASTRAY), 49)).toEqual([1]);
  // Each broker for itself.
  expect(imbalanced(cluster(ASTRAY, [[2, 1], 2, [2, 1]], [[2, 1], 2, [1, 2]]), 60)).toEqual([0]);
});

test('not what its first replica cannot lead', () => {
  expect(imbalanced(cluster([[1, 2], 2, [2]], ASTRAY))).toEqual([1]);
  expect(imbalanced(cluster([[3, 2], 2, [2, 3]]))).toEqual([]);
  const leaving = cluster(ASTRAY);
  leaving.shuttingDown.add(1);
  expect(imbalanced(leaving)).toEqual([]);
  const broken = cluster(ASTRAY, ASTRAY);
  broken.offlineReplicas.set(1, new Set(['t-1']));
  expect(imbalanced(broken)).toEqual([0]);
});

test('not what is about to be deleted, nothing while anything is being moved', () => {
  const deleting = cluster(ASTRAY);
  deleting.deletions.set('t', new Map());
  expect(imbalanced(deleting)).toEqual([]);
  const moving = cluster(ASTRAY, GOOD);
  moving.topics.get('t')!.partitions.set(1, { replicas: [1, 2, 3], addingReplicas: [3], removingReplicas: [] });
  expect(imbalanced(moving)).toEqual([]);
});
