import {
  chooseForNew,
  chooseForOffline,
  chooseForShutdown,
  choosePreferred,
  elected,
  type LeaderAndIsr,
  RECOVERED,
  RECOVERING,
  withoutReplica,
} from './leader-choice';

const alive =
  (...ids: number[]) =>
  (id: number): boolean =>
    ids.includes(id);
const state = (leader: number, isr: number[], leaderEpoch = 4): LeaderAndIsr => ({
  leader,
  isr,
  leaderEpoch,
  leaderRecoveryState: RECOVERED,
});

test('a new partition is led by its first live replica', () => {
  expect(chooseForNew([1, 2, 3], alive(2, 3))).toEqual({ leader: 2, isr: [2, 3], unclean: false });
  expect(chooseForNew([1, 2], alive())).toBeNull();
});

test('an offline partition is led by a live replica that was in sync', () => {
  expect(chooseForOffline([1, 2, 3], state(1, [1, 3]), alive(2, 3), false)).toEqual({
    leader: 3,
    isr: [3],
    unclean: false,
  });
});

test('a replica that was not in sync leads only where that is allowed, and recovers', () => {
  const current = state(1, [1]);
  expect(chooseForOffline([1, 2], current, alive(2), false)).toBeNull();
  const choice = chooseForOffline([1, 2], current, alive(2), true)!;
  expect(choice).toEqual({ leader: 2, isr: [2], unclean: true });
  expect(elected(current, choice)).toEqual({ leader: 2, isr: [2], leaderEpoch: 5, leaderRecoveryState: RECOVERING });
});

test('the preferred replica leads if it lives and is in sync', () => {
  expect(choosePreferred([1, 2], state(2, [1, 2]), alive(1, 2))?.leader).toBe(1);
  expect(choosePreferred([1, 2], state(2, [2]), alive(1, 2))).toBeNull();
  expect(choosePreferred([1, 2], state(2, [1, 2]), alive(2))).toBeNull();
});

test('a broker that shuts down neither leads nor stays in sync', () => {
  expect(chooseForShutdown([1, 2, 3], state(1, [1, 2, 3]), alive(1, 2, 3), alive(1))).toEqual({
    leader: 2,
    isr: [2, 3],
    unclean: false,
  });
  expect(chooseForShutdown([1], state(1, [1]), alive(1), alive(1))).toBeNull();
});

test('the last in-sync replica stays in the set without leading', () => {
  expect(withoutReplica(state(1, [1, 2]), 1)).toMatchObject({ leader: -1, isr: [2], leaderEpoch: 5 });
  expect(withoutReplica(state(1, [1]), 1)).toMatchObject({ leader: -1, isr: [1], leaderEpoch: 5 });
  expect(withoutReplica(state(1, [1, 2]), 2)).toMatchObject({ leader: 1, isr: [1] });
});
