import type { Admin } from '../client/admin';
import { execute } from '../client/futures';
import { parseInteger } from '../java-integer';
import { duplicates, hashMapOrder, topicPartitionHash } from '../java-order';
import { printJson } from '../json-output';
import { type Io, println } from '../print';
import { commandFailed, operationError } from '../tool-error';
import { assignReplicas, assignReplicasAcrossRacks } from '../topics/assignment';
import { assignmentsOfTopics } from './cluster';
import { type Assignment, compareTopicPartitions, parseTopicsToMove, planJson } from './plan';

interface BrokerRack {
  readonly id: number;
  readonly rack: string | null;
}

function parseBrokerList(list: string): number[] {
  // Java's split drops empty strings at the end, but leaves an empty list as it is.
  const kept = list.replace(/,+$/, '');
  const ids = (kept === '' && list !== '' ? [] : kept.split(',')).map(parseInteger);
  const twice = duplicates(ids, (id) => id);
  if (twice.length === 0) return ids;
  throw commandFailed(`Broker list contains duplicate entries: [${twice.join(', ')}]`);
}

/** Those of the brokers that are there; without racks where those do not matter. */
async function brokersWithRacks(admin: Admin, ids: readonly number[], rackAware: boolean): Promise<BrokerRack[]> {
  await execute(admin, 'listNodes', ({ deadlineMs }) => admin.client.metadata([], deadlineMs));
  const brokers = admin.client.nodes
    .filter(({ id }) => ids.includes(id))
    .map(({ id, rack }) => ({ id, rack: rackAware ? rack : null }));
  const rackless = brokers.filter(({ rack }) => rack === null).length;
  if (rackless === 0 || rackless === brokers.length) return brokers;
  throw operationError(
    'Not all brokers have rack information. Add --disable-rack-aware in command line to make replica assignment ' +
      'without rack information.',
  );
}

/** New assignments of the same size for each topic (calculateAssignment). */
function propose(current: readonly Assignment[], brokers: readonly BrokerRack[]): Assignment[] {
  const ids = brokers.map(({ id }) => id);
  const racks = new Map(brokers.flatMap(({ id, rack }) => (rack === null ? [] : [[id, rack]])));
  const ordered = hashMapOrder(current, ({ topic, partition }) => topicPartitionHash(topic, partition));
  return [...new Set(ordered.map(({ topic }) => topic))].flatMap((topic) => {
    const partitions = ordered.filter((each) => each.topic === topic);
    const factor = partitions[0]!.replicas.length;
    const assigned =
      racks.size > 0
        ? assignReplicasAcrossRacks(racks, partitions.length, factor)
        : assignReplicas(ids, partitions.length, factor);
    return assigned.map((replicas, partition) => ({ topic, partition, replicas }));
  });
}

const entries = (assignments: readonly Assignment[]) =>
  [...assignments]
    .sort(compareTopicPartitions)
    .map(({ topic, partition, replicas }) => ({ topic, partition, replicas }));

/** `--generate`: proposes how to spread topics over brokers (generateAssignment). */
export async function generatePlan(
  admin: Admin,
  json: string,
  brokerList: string,
  { rackAware, asJson }: { readonly rackAware: boolean; readonly asJson: boolean },
  io: Io,
): Promise<void> {
  const ids = parseBrokerList(brokerList);
  const current = await assignmentsOfTopics(admin, parseTopicsToMove(json));
  const proposed = propose(current, await brokersWithRacks(admin, ids, rackAware));
  if (asJson) {
    printJson(io, { current: entries(current), proposed: entries(proposed) });
    return;
  }
  println(io.stdout, `Current partition replica assignment\n${planJson(current)}\n`);
  println(io.stdout, `Proposed partition reassignment configuration\n${planJson(proposed)}`);
}
