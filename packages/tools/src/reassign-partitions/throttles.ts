import type { Admin } from '../client/admin';
import { type ConfigChange, changeConfigs } from '../client/config-changes';
import { BROKER_RESOURCE, TOPIC_RESOURCE } from '../client/config-resources';
import { get } from '../client/futures';
import { partitionText, type TopicPartition } from '../client/partitions';
import type { Reassignment } from '../client/reassignments';
import { hashMapOrder, integerSetOrder, stringHash } from '../java-order';
import { type Out, println } from '../print';
import { liveBrokers } from './cluster';
import { type Assignment, brokersOf, type LogDirTarget } from './plan';

const LEADER_RATE = 'leader.replication.throttled.rate';
const FOLLOWER_RATE = 'follower.replication.throttled.rate';
const LOG_DIRS_RATE = 'replica.alter.log.dirs.io.max.bytes.per.second';
const LEADER_REPLICAS = 'leader.replication.throttled.replicas';
const FOLLOWER_REPLICAS = 'follower.replication.throttled.replicas';

/** The brokers that a partition is copied from and to. */
export interface Move extends TopicPartition {
  readonly sources: readonly number[];
  readonly destinations: readonly number[];
}

/** All moves once a plan is carried out: those that go on and those that it begins (calculateProposedMoveMap). */
export function movesOf(
  reassignments: Iterable<Reassignment>,
  proposed: readonly Assignment[],
  current: readonly Assignment[],
): Move[] {
  const moves = new Map<string, Move>();
  for (const { topic, partition, replicas, addingReplicas } of reassignments) {
    // While it is being moved a partition's replicas hold those that are added.
    const sources = replicas.filter((id) => !addingReplicas.includes(id));
    moves.set(partitionText({ topic, partition }), { topic, partition, sources, destinations: addingReplicas });
  }
  const replicasNow = new Map(current.map((each) => [partitionText(each), each.replicas]));
  for (const { topic, partition, replicas } of proposed) {
    const name = partitionText({ topic, partition });
    const sources = moves.get(name)?.sources ?? replicasNow.get(name)!;
    moves.set(name, { topic, partition, sources, destinations: replicas.filter((id) => !sources.includes(id)) });
  }
  return [...moves.values()];
}

/** `partition:broker,…` by topic: a value of the throttled replicas' settings. */
function throttledReplicas(moves: readonly Move[], brokers: (move: Move) => readonly number[]): Map<string, string> {
  const byTopic = new Map<string, Set<string>>();
  for (const move of moves) {
    const entries = byTopic.get(move.topic) ?? new Set();
    byTopic.set(move.topic, entries);
    for (const broker of brokers(move)) entries.add(`${move.partition}:${broker}`);
  }
  return new Map([...byTopic].map(([topic, entries]) => [topic, [...entries].sort().join(',')]));
}

/** The settings that hold moves to so many bytes a second: of the topics', then of the brokers' that take part. */
export function throttleChanges(
  moves: readonly Move[],
  bytesPerSecond: number,
): { readonly topics: ConfigChange[]; readonly brokers: ConfigChange[] } {
  const leaders = throttledReplicas(moves, ({ sources }) => sources);
  const followers = throttledReplicas(moves, ({ destinations }) => destinations);
  const brokers = new Set(moves.flatMap(({ sources, destinations }) => [...sources, ...destinations]));
  const rate = String(bytesPerSecond);
  return {
    topics: [...leaders].map(([topic, sources]) => ({
      resourceType: TOPIC_RESOURCE,
      resourceName: topic,
      values: { [LEADER_REPLICAS]: sources, [FOLLOWER_REPLICAS]: followers.get(topic)! },
    })),
    brokers: [...brokers]
      .sort((a, b) => a - b)
      .map((id) => brokerChange(id, { [LEADER_RATE]: rate, [FOLLOWER_RATE]: rate })),
  };
}

const brokerChange = (id: number, values: ConfigChange['values']): ConfigChange => ({
  resourceType: BROKER_RESOURCE,
  resourceName: String(id),
  values,
});

/** Sets the throttle between brokers. The topics are told first: the rate alone holds nobody back. */
export async function setReplicationThrottle(
  admin: Admin,
  moves: readonly Move[],
  rate: number,
  out: Out,
): Promise<void> {
  const { topics, brokers } = throttleChanges(moves, rate);
  await get(changeConfigs(admin, topics));
  await get(changeConfigs(admin, brokers));
  println(out, `The inter-broker throttle limit was set to ${rate} B/s`);
}

/** Sets the throttle between the log dirs of the brokers that move replicas. */
export async function setLogDirThrottle(
  admin: Admin,
  targets: readonly LogDirTarget[],
  rate: number,
  out: Out,
): Promise<void> {
  const brokers = integerSetOrder(targets.map(({ broker }) => broker));
  await get(
    changeConfigs(
      admin,
      brokers.map((id) => brokerChange(id, { [LOG_DIRS_RATE]: String(rate) })),
    ),
  );
  println(out, `The replica-alter-dir throttle limit was set to ${rate} B/s`);
}

/**
 * Takes all throttles away: from every broker, since nothing tells any more from which ones replicas were moved, and from
 * the plan's topics.
 */
export async function clearThrottles(admin: Admin, partitions: readonly Assignment[], out: Out): Promise<void> {
  const brokers = integerSetOrder([...integerSetOrder(await liveBrokers(admin)), ...brokersOf(partitions)]);
  println(out, `Clearing broker-level throttles on broker${plural(brokers)} ${brokers.join(',')}`);
  const rates = { [LEADER_RATE]: null, [FOLLOWER_RATE]: null, [LOG_DIRS_RATE]: null };
  await get(
    changeConfigs(
      admin,
      brokers.map((id) => brokerChange(id, rates)),
    ),
  );
  const topics = hashMapOrder([...new Set(partitions.map(({ topic }) => topic))], stringHash);
  println(out, `Clearing topic-level throttles on topic${plural(topics)} ${topics.join(',')}`);
  const replicas = { [LEADER_REPLICAS]: null, [FOLLOWER_REPLICAS]: null };
  await get(
    changeConfigs(
      admin,
      topics.map((topic) => ({ resourceType: TOPIC_RESOURCE, resourceName: topic, values: replicas })),
    ),
  );
}

/** The `s` of more or fewer than one. */
export const plural = (items: readonly unknown[]): string => (items.length === 1 ? '' : 's');
