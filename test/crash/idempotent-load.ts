import { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { nodeNetwork } from '@odradek/broker/env/node/network';
import { BufferPool } from '@odradek/broker/network/buffer-pool';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import { Metadata } from '@odradek/protocol/messages/metadata';
import { Produce } from '@odradek/protocol/messages/produce';
import { isCrcValidAt, lastOffsetAt, wholeBatchSizeAt } from '@odradek/protocol/records/batch';
import { buildBatch } from '@odradek/protocol/records/builder';
import { readRecords } from '@odradek/protocol/records/record';
import type { Broker } from '../support/broker';
import { RECENT_MS } from '../support/recent';
import { ensureTopic } from '../support/topics';

/** A batch that was made and, as long as it may be in flight, is sent again after every crash: same sequence, same bytes. */
interface Batch {
  readonly firstValue: number;
  readonly records: number;
  acknowledgedAt: number | null;
}

const MAX_IN_FLIGHT = 5;
const REQUEST_TIMEOUT_MS = 10_000;
const NONE = 0;
const NOT_LEADER = 6;
/** COORDINATOR_LOAD_IN_PROGRESS, NOT_CONTROLLER. */
const NOT_YET: ReadonlySet<number> = new Set([14, 41]);
const OUT_OF_ORDER_SEQUENCE = 45;
const DISCONNECTED = -2;
const PADDING = Buffer.alloc(200, 'x');

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/**
 * Throws for an answer that a client cannot live with. Without a leader it sends again; those behind a batch that was
 * refused so are out of order, and go out again after it.
 */
function checkErrors(partition: number, errors: readonly number[]): void {
  for (const [index, error] of errors.entries()) {
    if (error === NONE || error === DISCONNECTED || error === NOT_LEADER) continue;
    if (error === OUT_OF_ORDER_SEQUENCE && errors.slice(0, index).includes(NOT_LEADER)) continue;
    throw new Error(`partition ${partition}: error ${error}`);
  }
}

function connect(broker: Broker): Promise<PeerConnection> {
  const memory = { staging: Buffer.allocUnsafeSlow(64 * 1024), pool: new BufferPool() };
  return PeerConnection.connect(
    { network: nodeNetwork, clock: nodeClock, memory },
    { host: '127.0.0.1', port: broker.port, clientId: 'load', connectTimeoutMs: 5000 },
  );
}

/** Asks again while the broker has no controller: on a slow machine its session may have ended once more. */
async function producerId(peer: PeerConnection): Promise<number> {
  const request = { transactionalId: null, transactionTimeoutMs: 0 };
  for (;;) {
    const answer = await peer.send(InitProducerId, 4, request, { timeoutMs: REQUEST_TIMEOUT_MS });
    if (answer.errorCode === NONE) return answer.producerId;
    if (!NOT_YET.has(answer.errorCode)) throw new Error(`InitProducerId: error ${answer.errorCode}`);
    await pause();
  }
}

/**
 * An idempotent producer with acks=all and one to five batches in flight per partition, as a well-behaved client is: what
 * was not acknowledged when the connection broke goes out again in the same order, and so does what was, up to five
 * batches: the broker has to know them all. Values count up from 0 per partition.
 */
export class IdempotentLoad {
  private readonly partitions: Batch[][];
  private producerId = -1;
  private runs = 0;

  constructor(
    private readonly broker: Broker,
    private readonly topic: string,
    private readonly recordsPerBatch: () => number,
    partitionCount = 3,
  ) {
    this.partitions = Array.from({ length: partitionCount }, () => []);
  }

  /** Makes the topic and asks for a producer id. */
  async prepare(): Promise<void> {
    const peer = await connect(this.broker);
    await ensureTopic(peer, this.topic, this.partitions.length);
    this.producerId = await producerId(peer);
    peer.close();
  }

  /** Records that the broker has acknowledged so far. */
  get acknowledged(): number {
    let total = 0;
    for (const batch of this.partitions.flat()) if (batch.acknowledgedAt !== null) total += batch.records;
    return total;
  }

  /** Produces until the connection breaks (or `until` says that it is enough). Resolves then. */
  async run(until: () => boolean): Promise<void> {
    const peer = await connect(this.broker);
    try {
      await Promise.all(this.partitions.map((_, partition) => this.runPartition(peer, partition, until)));
    } finally {
      this.runs++;
      peer.close();
    }
  }

  private async runPartition(peer: PeerConnection, partition: number, until: () => boolean): Promise<void> {
    const batches = this.partitions[partition]!;
    // With few in flight most of the last five are in the log when the broker is killed.
    const depth = 1 + (this.runs % MAX_IN_FLIGHT);
    while (!until() && !peer.isGone) {
      let next = Math.max(0, batches.length - MAX_IN_FLIGHT);
      const inFlight: Promise<number>[] = [];
      let errors: number[] = [];
      while (!until() && errors.every((error) => error === NONE)) {
        if (next === batches.length) batches.push(this.nextBatch(batches.at(-1)));
        inFlight.push(this.send(peer, partition, batches[next++]!));
        if (inFlight.length >= depth) errors = [await inFlight.shift()!];
      }
      errors.push(...(await Promise.all(inFlight)));
      checkErrors(partition, errors);
      if (errors.includes(NOT_LEADER)) await pause();
    }
  }

  private nextBatch(previous: Batch | undefined): Batch {
    const firstValue = previous ? previous.firstValue + previous.records : 0;
    return { firstValue, records: this.recordsPerBatch(), acknowledgedAt: null };
  }

  /** The error code that the batch was answered with; `DISCONNECTED` where no answer came. */
  private async send(peer: PeerConnection, partition: number, batch: Batch): Promise<number> {
    const records = buildBatch({
      producerId: this.producerId,
      producerEpoch: 0,
      baseSequence: batch.firstValue,
      records: Array.from({ length: batch.records }, (_, index) => ({
        timestamp: RECENT_MS,
        key: Buffer.from(String(batch.firstValue + index)),
        value: PADDING,
      })),
    });
    const request = {
      transactionalId: null,
      acks: -1,
      timeoutMs: REQUEST_TIMEOUT_MS,
      topicData: [{ name: this.topic, partitionData: [{ index: partition, records }] }],
    };
    let answer: Awaited<ReturnType<typeof peer.send<typeof Produce>>>;
    try {
      answer = await peer.send(Produce, 9, request, { timeoutMs: REQUEST_TIMEOUT_MS });
    } catch {
      return DISCONNECTED;
    }
    const { errorCode, baseOffset } = answer.responses[0]!.partitionResponses[0]!;
    if (errorCode === NONE) batch.acknowledgedAt = baseOffset;
    return errorCode;
  }

  /** Waits until the partitions have leaders again. */
  async untilReady(): Promise<void> {
    const peer = await connect(this.broker);
    for (;;) {
      const request = { topics: [{ name: this.topic }] };
      const { topics } = await peer.send(Metadata, 9, request, { timeoutMs: REQUEST_TIMEOUT_MS });
      if (topics[0]!.errorCode === 0 && topics[0]!.partitions.every(({ leaderId }) => leaderId >= 0)) break;
      await pause();
    }
    peer.close();
  }

  /**
   * Reads everything back: each partition holds the values 0, 1, 2, … at the offsets 0, 1, 2, …, and all that was
   * acknowledged, where the broker said. Returns what is wrong.
   */
  async verify(): Promise<string[]> {
    const problems: string[] = [];
    const peer = await connect(this.broker);
    for (const [partition, batches] of this.partitions.entries()) {
      const found = await this.readAll(peer, partition, problems);
      const acknowledged = batches.filter(({ acknowledgedAt }) => acknowledgedAt !== null);
      const last = acknowledged.at(-1);
      const due = last ? last.firstValue + last.records : 0;
      if (found < due) problems.push(`partition ${partition}: ${due} records acknowledged, ${found} there`);
      for (const { acknowledgedAt, firstValue } of acknowledged) {
        if (acknowledgedAt !== firstValue)
          problems.push(`partition ${partition}: value ${firstValue} acknowledged at ${acknowledgedAt}`);
      }
    }
    peer.close();
    return problems;
  }

  private async readAll(peer: PeerConnection, partition: number, problems: string[]): Promise<number> {
    let offset = 0;
    for (;;) {
      const request = {
        maxWaitMs: 0,
        minBytes: 0,
        topics: [{ topic: this.topic, partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: 4_000_000 }] }],
      };
      const { responses } = await peer.send(Fetch, 11, request, { timeoutMs: REQUEST_TIMEOUT_MS });
      const { records, errorCode } = responses[0]!.partitions[0]!;
      if (errorCode === NOT_LEADER) {
        await pause();
        continue;
      }
      if (errorCode !== NONE) problems.push(`partition ${partition}: fetch at ${offset} failed with ${errorCode}`);
      if (!records || records.length === 0) return offset;
      let at = 0;
      for (
        let size = wholeBatchSizeAt(records, 0, records.length);
        size > 0;
        size = wholeBatchSizeAt(records, at, records.length)
      ) {
        if (!isCrcValidAt(records, at)) problems.push(`partition ${partition}: bad checksum after ${offset}`);
        for (const record of readRecords(records, at)) {
          if (record.offset !== offset || record.key?.toString() !== String(offset)) {
            problems.push(
              `partition ${partition}: at offset ${offset} there is ${record.offset} with value ${record.key}`,
            );
          }
          offset++;
        }
        offset = lastOffsetAt(records, at) + 1;
        at += size;
      }
    }
  }
}
