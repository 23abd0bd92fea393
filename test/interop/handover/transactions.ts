import type { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { AddOffsetsToTxn } from '@odradek/protocol/messages/add-offsets-to-txn';
import { AddPartitionsToTxn } from '@odradek/protocol/messages/add-partitions-to-txn';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { EndTxn } from '@odradek/protocol/messages/end-txn';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import { Metadata } from '@odradek/protocol/messages/metadata';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { Produce } from '@odradek/protocol/messages/produce';
import { TxnOffsetCommit } from '@odradek/protocol/messages/txn-offset-commit';
import { forEachBatch, isControlAt, lastOffsetAt, producerIdAt } from '@odradek/protocol/records/batch';
import { buildBatch } from '@odradek/protocol/records/builder';
import { parseEndTxnMarker } from '@odradek/protocol/records/control';
import { readRecords } from '@odradek/protocol/records/record';
import type { Api, RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { Fields } from '@odradek/protocol/schema/fields';

const LIMIT = { timeoutMs: 20_000 };
const TIMESTAMP_MS = 1_700_000_000_000;
const TOPIC = 'transactions';
const PARTITIONS = 2;
const GROUP = 'transactional';
const [GROUP_KEY, TRANSACTION_KEY] = [0, 1];
const READ_COMMITTED = 1;
const UNSTABLE_OFFSET_COMMIT = 88;
/**
 * UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER, the three of coordinators, NOT_ENOUGH_REPLICAS of what cannot be
 * verified yet, CONCURRENT_TRANSACTIONS.
 */
const NOT_YET = new Set([3, 6, 14, 15, 16, 19, 51]);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type Outcome = 'open' | 'committed' | 'aborted';

interface Written {
  readonly value: string;
  readonly producer: number;
  outcome: Outcome;
}

interface Producer {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly sequences: number[];
}

/**
 * Transactional producers that live through every change of brokers: what one broker has left open the other one ends,
 * and whoever reads what is committed is never shown anything else.
 */
export class TransactionLoad {
  private peer: PeerConnection | null = null;
  private readonly producers: Producer[] = [];
  private readonly written: Written[][] = Array.from({ length: PARTITIONS }, () => []);
  /** What the group has committed, and what an open transaction would commit. */
  private committedOffset = -1;
  private openOffset: number | null = null;

  /** Waits for coordinators; the first time, for the topic and its producers. */
  async open(peer: PeerConnection): Promise<void> {
    this.peer = peer;
    if (this.producers.length === 0) await this.begin();
    for (const { transactionalId } of this.producers) await this.untilCoordinated(TRANSACTION_KEY, transactionalId);
    await this.untilCoordinated(GROUP_KEY, GROUP);
    await this.until(Metadata, 9, { topics: [{ name: TOPIC }] }, ({ topics: [topic] }) =>
      Math.max(topic!.errorCode, ...topic!.partitions.map(({ leaderId }) => (leaderId < 0 ? 6 : 0))),
    );
  }

  private async begin(): Promise<void> {
    const configs = [{ name: 'segment.bytes', value: '3000' }];
    const topics = [{ name: TOPIC, numPartitions: PARTITIONS, replicationFactor: 1, assignments: [], configs }];
    await this.until(CreateTopics, 7, { topics, timeoutMs: 10_000 }, ({ topics: [topic] }) => topic!.errorCode);
    for (const transactionalId of ['handover-a', 'handover-b', 'handover-c']) {
      await this.untilCoordinated(TRANSACTION_KEY, transactionalId);
      const request = { transactionalId, transactionTimeoutMs: 900_000 };
      const { producerId, producerEpoch } = await this.until(InitProducerId, 4, request, (it) => it.errorCode);
      this.producers.push({ transactionalId, producerId, producerEpoch, sequences: [0, 0] });
    }
  }

  private untilCoordinated(keyType: number, key: string): Promise<unknown> {
    return this.until(FindCoordinator, 3, { key, keyType }, ({ errorCode }) => errorCode);
  }

  /** Asks until the answer is no more that it is too early. */
  private async until<A extends Api<Fields, Fields>>(
    api: A,
    version: number,
    request: RequestInit<A>,
    errorOf: (response: ResponseOf<A>) => number,
  ): Promise<ResponseOf<A>> {
    for (let left = 400; ; left--) {
      const response = await this.peer!.send(api, version, request, LIMIT);
      const error = errorOf(response);
      if (error === 0) return response;
      if (!NOT_YET.has(error) || left === 0) throw new Error(`${api.name}: error ${error}`);
      await pause(50);
    }
  }

  /** Ends what the broker before has left open, does some more, and leaves some open. */
  async work(round: number): Promise<void> {
    const [first, second, third] = this.producers as [Producer, Producer, Producer];
    if (round > 0) {
      await this.end(first, round % 2 === 0);
      await this.end(second, round % 2 === 1);
    }
    for (const [producer, isCommit] of [
      [third, true],
      [first, false],
      [second, true],
    ] as const) {
      await this.write(producer, 3);
      await this.end(producer, isCommit);
    }
    await this.write(first, 2);
    await this.commitOffset(first, round);
    await this.write(third, 1);
    await this.write(second, 4);
    await this.end(third, false);
  }

  private async write(producer: Producer, count: number): Promise<void> {
    const { transactionalId, producerId, producerEpoch, sequences } = producer;
    const partitions = Array.from({ length: PARTITIONS }, (_, index) => index);
    const added = {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: TOPIC, partitions }],
    };
    await this.until(AddPartitionsToTxn, 3, added, ({ resultsByTopicV3AndBelow: [topic] }) =>
      Math.max(...topic!.resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode)),
    );
    for (const index of partitions) {
      const baseSequence = sequences[index]!;
      sequences[index] = baseSequence + count;
      const values = Array.from({ length: count }, (_, at) => `${transactionalId} ${baseSequence + at}`);
      const records = buildBatch({
        producerId,
        producerEpoch,
        baseSequence,
        isTransactional: true,
        records: values.map((value) => ({ timestamp: TIMESTAMP_MS, key: null, value: Buffer.from(value) })),
      });
      const topicData = [{ name: TOPIC, partitionData: [{ index, records }] }];
      const request = { transactionalId, acks: -1, timeoutMs: 10_000, topicData };
      await this.until(Produce, 9, request, ({ responses: [topic] }) => topic!.partitionResponses[0]!.errorCode);
      for (const value of values) this.written[index]!.push({ value, producer: producerId, outcome: 'open' });
    }
  }

  private async commitOffset(producer: Producer, offset: number): Promise<void> {
    const { transactionalId, producerId, producerEpoch } = producer;
    const identity = { transactionalId, producerId, producerEpoch };
    await this.until(AddOffsetsToTxn, 3, { ...identity, groupId: GROUP }, ({ errorCode }) => errorCode);
    const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }];
    const request = { ...identity, groupId: GROUP, topics: [{ name: TOPIC, partitions }] };
    await this.until(TxnOffsetCommit, 3, request, ({ topics: [topic] }) => topic!.partitions[0]!.errorCode);
    this.openOffset = offset;
  }

  private async end({ transactionalId, producerId, producerEpoch }: Producer, committed: boolean): Promise<void> {
    const request = { transactionalId, producerId, producerEpoch, committed };
    await this.until(EndTxn, 3, request, ({ errorCode }) => errorCode);
    for (const written of this.written) {
      for (const it of written) {
        if (it.producer === producerId && it.outcome === 'open') it.outcome = committed ? 'committed' : 'aborted';
      }
    }
    if (producerId !== this.producers[0]!.producerId) return;
    if (committed && this.openOffset !== null) this.committedOffset = this.openOffset;
    this.openOffset = null;
  }

  /** Whoever reads what is committed gets all of it before the first open transaction, and nothing else. */
  async verify(): Promise<number> {
    let count = 0;
    for (const [partition, written] of this.written.entries()) {
      const firstOpen = written.findIndex(({ outcome }) => outcome === 'open');
      const decided = firstOpen < 0 ? written : written.slice(0, firstOpen);
      const expected = decided.filter(({ outcome }) => outcome === 'committed').map(({ value }) => value);
      // Markers follow the answer to EndTxn.
      let found: string[] = [];
      for (let left = 200; left > 0; left--) {
        found = await this.committed(partition);
        if (found.length >= expected.length) break;
        await pause(50);
      }
      if (found.join() !== expected.join()) {
        throw new Error(`${TOPIC}-${partition}: committed are [${found}], and not [${expected}]`);
      }
      count += found.length;
    }
    await this.verifyOffset();
    return count;
  }

  private async verifyOffset(): Promise<void> {
    const topics = [{ name: TOPIC, partitionIndexes: [0] }];
    const expected = this.openOffset === null ? 0 : UNSTABLE_OFFSET_COMMIT;
    for (let left = 200; ; left--) {
      const request = { groupId: GROUP, topics };
      const plain = await this.peer!.send(OffsetFetch, 7, request, LIMIT);
      const stable = await this.peer!.send(OffsetFetch, 7, { ...request, requireStable: true }, LIMIT);
      const { committedOffset } = plain.topics[0]!.partitions[0]!;
      const { errorCode } = stable.topics[0]!.partitions[0]!;
      if (committedOffset === this.committedOffset && errorCode === expected) return;
      if (left === 0) {
        throw new Error(
          `${GROUP}: offset ${committedOffset}, ${this.committedOffset} is committed; stable: ${errorCode}`,
        );
      }
      await pause(50);
    }
  }

  private async committed(partition: number): Promise<string[]> {
    const values: string[] = [];
    for (let fetchOffset = 0; ; ) {
      const partitions = [{ partition, fetchOffset, partitionMaxBytes: 1000 }];
      const limits = { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, isolationLevel: READ_COMMITTED };
      const { responses } = await this.peer!.send(
        Fetch,
        11,
        { ...limits, topics: [{ topic: TOPIC, partitions }] },
        LIMIT,
      );
      const { errorCode, records, abortedTransactions } = responses[0]!.partitions[0]!;
      if (errorCode !== 0) throw new Error(`${TOPIC}-${partition} at ${fetchOffset}: error ${errorCode}`);
      if (!records?.length) return values;
      const aborted = [...(abortedTransactions ?? [])].sort((one, other) => one.firstOffset - other.firstOffset);
      const left = new Set<number>();
      forEachBatch(records, (at) => {
        fetchOffset = lastOffsetAt(records, at) + 1;
        while (aborted[0] && aborted[0].firstOffset < fetchOffset) left.add(aborted.shift()!.producerId);
        const producerId = producerIdAt(records, at);
        const batch = [...readRecords(records, at)];
        if (!isControlAt(records, at)) {
          if (!left.has(producerId)) values.push(...batch.map(({ value }) => String(value)));
        } else if (parseEndTxnMarker(batch[0]!)?.type === 'ABORT') left.delete(producerId);
      });
    }
  }
}
