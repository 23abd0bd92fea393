import { ERRORS, type ErrorName } from '@odradek/protocol/errors';
import { AddPartitionsToTxn } from '@odradek/protocol/messages/add-partitions-to-txn';
import type { RequestOf, ResponseInit } from '@odradek/protocol/schema/api';
import type { TopicPartition } from '../cluster/metadata';
import { isInternalTopic } from '../cluster/topic-names';
import { type Handler, handler } from './handler';
import { fencedError } from './producer-fenced';
import type { Services } from './services';
import { settled } from './settled';
import { TopicResults } from './topic-results';

type Transaction = RequestOf<typeof AddPartitionsToTxn>['transactions'][number];
type Topics = Transaction['topics'];
type Response = ResponseInit<typeof AddPartitionsToTxn>;

interface PartitionResult {
  readonly partitionIndex: number;
  readonly partitionErrorCode: number;
}
interface TopicResult {
  readonly name: string;
  readonly resultsByPartition: readonly PartitionResult[];
}

const FIRST_VERSION_WITH_FENCED = 2;
/** From then on brokers ask, for many transactions at once (KIP-890). */
const FIRST_BATCHED_VERSION = 4;

/** Makes partitions part of a transaction, or tells whether they are. */
export function addPartitionsToTxn(services: Services): Handler<typeof AddPartitionsToTxn> {
  const { metadata, transactions } = services;

  /** Null where the partition may be in a transaction. */
  function refusalOf({ topic, partition }: TopicPartition, apiVersion: number): ErrorName | null {
    // Brokers ask for the offsets of groups, too; producers have AddOffsetsToTxn for that.
    if (apiVersion < FIRST_BATCHED_VERSION && isInternalTopic(topic)) return 'TOPIC_AUTHORIZATION_FAILED';
    return metadata.image.topics.get(topic)?.partitions.has(partition) ? null : 'UNKNOWN_TOPIC_OR_PARTITION';
  }

  /** @param named the topics that an answer for all partitions names */
  function answerTransaction(
    transaction: Transaction,
    named: Topics,
    apiVersion: number,
    done: (results: readonly TopicResult[]) => void,
  ): void {
    const { transactionalId, producerId, producerEpoch, verifyOnly, topics } = transaction;
    const partitions = partitionsOf(topics);
    const refusals = partitions.map((it) => refusalOf(it, apiVersion));
    if (refusals.some((refusal) => refusal !== null)) {
      // One that fails fails all: nothing is added.
      done(eachPartition(partitions, (_, index) => refusals[index] ?? 'OPERATION_NOT_ATTEMPTED'));
      return;
    }
    const request = { producerId, producerEpoch, partitions };
    if (verifyOnly) {
      const errors = transactions.verifyPartitions(transactionalId, request);
      done(eachPartition(partitions, (_, index) => errors[index]!));
      return;
    }
    transactions.addPartitions(transactionalId, request, (error) =>
      done(sameForAll(named, ERRORS[fencedError(error, apiVersion >= FIRST_VERSION_WITH_FENCED)].code)),
    );
  }

  return handler({
    api: AddPartitionsToTxn,
    handle(request, { apiVersion }) {
      if (apiVersion < FIRST_BATCHED_VERSION) {
        const transaction = {
          transactionalId: request.v3AndBelowTransactionalId,
          producerId: request.v3AndBelowProducerId,
          producerEpoch: request.v3AndBelowProducerEpoch,
          verifyOnly: false,
          topics: request.v3AndBelowTopics,
        };
        return settled<Response>((answer) =>
          answerTransaction(transaction, transaction.topics, apiVersion, (results) =>
            answer({ resultsByTopicV3AndBelow: results }),
          ),
        );
      }
      const resultsByTransaction: { transactionalId: string; topicResults: readonly TopicResult[] }[] = [];
      if (request.transactions.length === 0) return { errorCode: 0, resultsByTransaction };
      // Where an id is there twice, the last one's partitions count, and the first one's are named (KafkaApis).
      const last = topicsById(request.transactions);
      const first = topicsById(request.transactions.toReversed());
      return settled<Response>((answer) => {
        for (const transaction of request.transactions) {
          const { transactionalId } = transaction;
          const counting = { ...transaction, topics: last.get(transactionalId)! };
          answerTransaction(counting, first.get(transactionalId)!, apiVersion, (topicResults) => {
            resultsByTransaction.push({ transactionalId, topicResults });
            if (resultsByTransaction.length === request.transactions.length) {
              answer({ errorCode: 0, resultsByTransaction });
            }
          });
        }
      });
    },
    fail: ({ code }, request, { apiVersion }): Response =>
      apiVersion < FIRST_BATCHED_VERSION
        ? { resultsByTopicV3AndBelow: sameForAll(request.v3AndBelowTopics, code) }
        : { errorCode: code },
  });
}

const topicsById = (transactions: readonly Transaction[]): ReadonlyMap<string, Topics> =>
  new Map(transactions.map(({ transactionalId, topics }) => [transactionalId, topics]));

/** Each once. */
function partitionsOf(topics: Topics): TopicPartition[] {
  const seen = new Map<string, Set<number>>();
  for (const { name, partitions } of topics) {
    const known = seen.get(name) ?? new Set<number>();
    for (const partition of partitions) known.add(partition);
    seen.set(name, known);
  }
  return [...seen].flatMap(([topic, partitions]) => Array.from(partitions, (partition) => ({ topic, partition })));
}

function eachPartition(
  partitions: readonly TopicPartition[],
  errorOf: (partition: TopicPartition, index: number) => ErrorName,
): TopicResult[] {
  const results = new TopicResults<PartitionResult>();
  for (const [index, it] of partitions.entries()) {
    results.add(it.topic, { partitionIndex: it.partition, partitionErrorCode: ERRORS[errorOf(it, index)].code });
  }
  return results.topics.map(({ name, partitions: resultsByPartition }) => ({ name, resultsByPartition }));
}

const sameForAll = (topics: Topics, partitionErrorCode: number): TopicResult[] =>
  topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex, partitionErrorCode })),
  }));
