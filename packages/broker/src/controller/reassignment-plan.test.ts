import { KafkaError } from '@odradek/protocol/errors';
import {
  completed,
  isBeingReassigned,
  isComplete,
  leavesNobodyInSync,
  planRequest,
  targetReplicas,
  UNASSIGNED,
} from './reassignment-plan';
import type { ReplicaAssignment } from './state';

const on = (...replicas: number[]): ReplicaAssignment => ({ ...UNASSIGNED, replicas });
const moving = (replicas: number[], addingReplicas: number[], removingReplicas: number[]): ReplicaAssignment => ({
  replicas,
  addingReplicas,
  removingReplicas,
});
const LIVE = [1, 2, 3, 4, 5, 6];

describe('the assignment that a request leads to', () => {
  test.each([
    ['a move to other brokers', on(1, 2), [3, 4], moving([3, 4, 1, 2], [3, 4], [1, 2])],
    ['more replicas', on(1), [1, 2, 3], moving([1, 2, 3], [2, 3], [])],
    ['fewer replicas', on(1, 2, 3), [2], moving([2, 1, 3], [], [1, 3])],
    ['another order alone is no move', on(1, 2), [2, 1], on(2, 1)],
    ['the same again is no move', on(1, 2), [1, 2], on(1, 2)],
    ['the same target again', moving([3, 1], [3], [1]), [3], moving([3, 1], [3], [1])],
    [
      'another target takes the place of the first',
      moving([3, 4, 1, 2], [3, 4], [1, 2]),
      [4, 5],
      moving([4, 5, 1, 2], [4, 5], [1, 2]),
    ],
    ['the old replicas by name', moving([3, 1, 2], [3], [2]), [1, 2], on(1, 2)],
    ['a cancellation', moving([3, 4, 2, 1], [3, 4], [2, 1]), null, on(2, 1)],
    ['a cancelled shrinking', moving([2, 1, 3], [], [1, 3]), null, on(2, 1, 3)],
  ])('%s', (_what, current, target, expected) => {
    expect(planRequest(current, target, LIVE)).toEqual(expected);
  });

  // Texts of Apache Kafka 3.9.1.
  test.each([
    ['nothing to cancel', on(1), null, 'NO_REASSIGNMENT_IN_PROGRESS', 'No partition reassignment is in progress.'],
    ['no replicas', on(1), [], 'INVALID_REPLICA_ASSIGNMENT', 'Empty replica list specified in partition reassignment.'],
    [
      'a replica twice',
      on(1),
      [2, 3, 2],
      'INVALID_REPLICA_ASSIGNMENT',
      'Duplicate replica ids in partition reassignment replica list: ArrayBuffer(2, 3, 2)',
    ],
    [
      'no broker id',
      on(1),
      [1, -1],
      'INVALID_REPLICA_ASSIGNMENT',
      'Invalid broker id in replica list: ArrayBuffer(1, -1)',
    ],
    [
      'a broker that is down',
      on(1),
      [1, 2, 9],
      'INVALID_REPLICA_ASSIGNMENT',
      'Replica assignment has brokers that are not alive. Replica list: ArrayBuffer(2, 9), live broker list: Set(1, 2, 3)',
    ],
  ])('%s is refused', (_what, current, target, error, message) => {
    const planned = () => planRequest(current, target, [1, 2, 3]);
    expect(planned).toThrow(KafkaError);
    expect(planned).toThrow(expect.objectContaining({ error, message }));
  });

  test('replicas that stay may be on brokers that are down', () => {
    expect(planRequest(on(1, 9), [9, 2], [1, 2])).toEqual(moving([9, 2, 1], [2], [1]));
  });
});

test('a move is over once all of the target are in sync', () => {
  const move = moving([3, 2, 1], [3], [1]);
  expect(isComplete(move, [1, 2])).toBe(false);
  expect(isComplete(move, undefined)).toBe(false);
  expect(isComplete(move, [1, 2, 3])).toBe(true);
  expect(isComplete(on(1, 2), [1])).toBe(true);
  expect(completed(move)).toEqual(on(3, 2));
});

const isSameList = (one: readonly number[], other: readonly number[]): boolean => one.join() === other.join();

/** All lists of different ids below `count`, up to `length` long. */
function arrangements(count: number, length: number): number[][] {
  if (length === 0) return [[]];
  const shorter = arrangements(count, length - 1);
  const longest = shorter.filter((list) => list.length === length - 1);
  const ids = Array.from({ length: count }, (_, id) => id);
  return [...shorter, ...longest.flatMap((list) => ids.filter((id) => !list.includes(id)).map((id) => [...list, id]))];
}

test('whatever is started, overridden, cancelled and completed, the parts of an assignment fit each other', () => {
  const targets = arrangements(4, 3).filter(({ length }) => length > 0);
  const brokers = [0, 1, 2, 3];
  const seen = new Map<string, { readonly assignment: ReplicaAssignment; readonly origin: readonly number[] }>();
  const left = targets.map((replicas) => ({ assignment: on(...replicas), origin: replicas as readonly number[] }));
  const wrong: ReplicaAssignment[] = [];
  // Every state that any sequence of steps leads to, each once.
  for (let state = left.pop(); state; state = left.pop()) {
    const { assignment, origin } = state;
    const key = JSON.stringify(assignment);
    if (seen.has(key)) continue;
    seen.set(key, state);
    const { replicas, addingReplicas, removingReplicas } = assignment;
    const target = targetReplicas(assignment);
    const fits =
      isSameList(replicas, [...target, ...removingReplicas]) &&
      new Set(replicas).size === replicas.length &&
      addingReplicas.every((id) => target.includes(id) && !origin.includes(id)) &&
      removingReplicas.every((id) => origin.includes(id)) &&
      target.length > 0;
    if (!fits) wrong.push(assignment);
    for (const next of targets) {
      const planned = planRequest(assignment, next, brokers);
      if (!isSameList(targetReplicas(planned), next)) wrong.push(planned);
      left.push({ assignment: planned, origin: isBeingReassigned(planned) ? origin : next });
    }
    if (!isBeingReassigned(assignment)) continue;
    const cancelled = planRequest(assignment, null, brokers);
    if (!isSameList([...cancelled.replicas].sort(), [...origin].sort())) wrong.push(cancelled);
    if (isBeingReassigned(cancelled)) wrong.push(cancelled);
    left.push({ assignment: cancelled, origin: cancelled.replicas });
    left.push({ assignment: completed(assignment), origin: target });
  }
  expect(wrong).toEqual([]);
  expect(seen.size).toBeGreaterThan(500);
});

test.each([
  ['a cancellation while only an added replica is in sync', moving([3, 1], [3], [1]), null, [3], true],
  ['a cancellation while an old one is in sync, too', moving([3, 1], [3], [1]), null, [3, 1], false],
  ['another target without it', moving([3, 1], [3], [1]), [2], [3], true],
  ['another target with it', moving([3, 1], [3], [1]), [3, 2], [3], false],
  ['a partition that nobody has been in sync for', moving([3, 1], [3], [1]), null, [], false],
])('what would lose the last replica in sync: %s', (_what, current, target, isr, isLoss) => {
  expect(leavesNobodyInSync(planRequest(current, target, LIVE), isr)).toBe(isLoss);
});
