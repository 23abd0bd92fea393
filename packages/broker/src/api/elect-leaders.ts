import { ERRORS, KafkaError } from '@odradek/protocol/errors';
import { ElectLeaders } from '@odradek/protocol/messages/elect-leaders';
import type { RequestOf } from '@odradek/protocol/schema/api';
import type { ElectionType } from '../controller/requested-elections';
import { specificMessage } from './api-error';
import { type Handler, handler } from './handler';
import type { Services } from './services';

type Request = RequestOf<typeof ElectLeaders>;
interface Result {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

const TYPES: Readonly<Record<number, ElectionType>> = { 0: 'preferred', 1: 'unclean' };
/** Of one request: what a cluster on ZooKeeper is said to bear. Each is answered, in some forty bytes. */
const MAX_PARTITIONS = 200_000;
const NOT_NEEDED = ERRORS.ELECTION_NOT_NEEDED.code;

/**
 * Elects leaders anew (KIP-183, KIP-460), and answers once this broker knows of them. Asked for all partitions, it says
 * nothing of those that need no election.
 */
export function electLeaders(services: Services): Handler<typeof ElectLeaders> {
  const { controller, metadata, clock } = services;

  async function elect(partitions: readonly Partition[], type: ElectionType, timeoutMs: number): Promise<Result[]> {
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    const results: Result[] = [];
    for (const outcome of await controller.electLeaders(partitions, type)) {
      if ('error' in outcome) results.push(failed(outcome, outcome.error.code, outcome.error.message));
      else results.push(await untilKnown(outcome, deadlineMs));
    }
    return results;
  }

  async function untilKnown(elected: Partition & { readonly leader: number }, deadlineMs: number): Promise<Result> {
    const { topic, partition, leader } = elected;
    const isKnown = await metadata.waitUntil(
      (image) => image.topics.get(topic)?.partitions.get(partition)?.leader === leader,
      deadlineMs - clock.monotonicMs(),
    );
    if (!isKnown) return failed(elected, ERRORS.REQUEST_TIMED_OUT.code, null);
    return { topic, partition, errorCode: 0, errorMessage: null };
  }

  return handler({
    api: ElectLeaders,
    async handle({ electionType, topicPartitions, timeoutMs }) {
      const type = TYPES[electionType];
      // Apache finds no election of that number, and no error for that either.
      if (type === undefined) throw new KafkaError('UNKNOWN_SERVER_ERROR');
      if (isTooMany(topicPartitions)) throw new KafkaError('INVALID_REQUEST', `More than ${MAX_PARTITIONS} partitions`);
      const partitions = topicPartitions ? named(topicPartitions) : known(services);
      const results = await elect(partitions, type, timeoutMs).catch((error): Result[] => {
        if (!(error instanceof KafkaError)) throw error;
        return partitions.map((id) => failed(id, error.code, null));
      });
      const told = topicPartitions ? results : results.filter(({ errorCode }) => errorCode !== NOT_NEEDED);
      return { errorCode: 0, replicaElectionResults: byTopic(told) };
    },
    fail(error, { topicPartitions }) {
      const [errorCode, errorMessage] = [error.code, specificMessage(error)];
      const told = topicPartitions && !isTooMany(topicPartitions) ? topicPartitions : [];
      const replicaElectionResults = told.map(({ topic, partitions }) => ({
        topic,
        partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage })),
      }));
      return { errorCode, replicaElectionResults };
    },
  });
}

interface Partition {
  readonly topic: string;
  readonly partition: number;
}

const failed = ({ topic, partition }: Partition, errorCode: number, errorMessage: string | null): Result => ({
  topic,
  partition,
  errorCode,
  errorMessage,
});

const isTooMany = (topics: Request['topicPartitions']): boolean =>
  (topics ?? []).reduce((count, { partitions }) => count + partitions.length, 0) > MAX_PARTITIONS;

/** Each partition once. */
function named(topics: NonNullable<Request['topicPartitions']>): Partition[] {
  const byTopic = new Map<string, Set<number>>();
  for (const { topic, partitions } of topics) {
    const known = byTopic.get(topic) ?? new Set();
    byTopic.set(topic, known);
    for (const partition of partitions) known.add(partition);
  }
  return [...byTopic].flatMap(([topic, partitions]) => [...partitions].map((partition) => ({ topic, partition })));
}

function known({ metadata }: Services): Partition[] {
  return [...metadata.image.topics.values()].flatMap(({ name, partitions }) =>
    [...partitions.keys()].map((partition) => ({ topic: name, partition })),
  );
}

function byTopic(results: readonly Result[]) {
  const topics = new Map<string, { partitionId: number; errorCode: number; errorMessage: string | null }[]>();
  for (const { topic, partition, errorCode, errorMessage } of results) {
    const partitions = topics.get(topic) ?? [];
    topics.set(topic, partitions);
    partitions.push({ partitionId: partition, errorCode, errorMessage });
  }
  return [...topics].map(([topic, partitionResult]) => ({ topic, partitionResult }));
}
