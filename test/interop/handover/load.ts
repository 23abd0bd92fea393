import { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { nodeNetwork } from '@odradek/broker/env/node/network';
import { BufferPool } from '@odradek/broker/network/buffer-pool';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { DeleteRecords } from '@odradek/protocol/messages/delete-records';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import { Metadata } from '@odradek/protocol/messages/metadata';
import { Produce } from '@odradek/protocol/messages/produce';
import type { CompressionType } from '@odradek/protocol/records/batch';
import { isCrcValidAt, lastOffsetAt, wholeBatchSizeAt } from '@odradek/protocol/records/batch';
import { buildBatch } from '@odradek/protocol/records/builder';
import { readRecords } from '@odradek/protocol/records/record';

const LIMIT = { timeoutMs: 20_000 };
const TIMESTAMP_MS = 1_700_000_000_000;
const PARTITIONS = 2;
const PAYLOAD = 'handed over, '.repeat(20);

export interface TopicPlan {
  readonly name: string;
  readonly configs: Readonly<Record<string, string>>;
  readonly compression: CompressionType;
}

interface Written {
  /** The next sequence number, which is also the next offset and the number of records. */
  next: number;
  /** DeleteRecords moved the beginning here. */
  start: number;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One idempotent producer that writes on through every change of brokers, and knows what must be there. */
export class Load {
  private peer: PeerConnection | null = null;
  private producerId = -1;
  private readonly written = new Map<string, Written[]>();

  constructor(
    private readonly port: number,
    readonly plans: readonly TopicPlan[],
  ) {}

  /** The connection to the broker that serves. */
  get link(): PeerConnection {
    return this.peer!;
  }

  /** Connects and waits for every known partition's leader. */
  async open(): Promise<void> {
    const memory = { staging: Buffer.allocUnsafeSlow(64 * 1024), pool: new BufferPool() };
    const address = { host: '127.0.0.1', port: this.port, clientId: 'handover', connectTimeoutMs: 5_000 };
    for (let left = 400; ; left--) {
      try {
        this.peer = await PeerConnection.connect({ network: nodeNetwork, clock: nodeClock, memory }, address);
        const { topics } = await this.link.send(Metadata, 9, { topics: null }, LIMIT);
        const known = topics.filter(({ name }) => this.written.has(name!));
        const isLed = known.every(({ partitions }) => partitions.every(({ leaderId }) => leaderId >= 0));
        if (known.length === this.written.size && isLed) return;
      } catch (error) {
        if (left === 0) throw error;
      }
      if (left === 0) throw new Error('no leaders after 40 s');
      this.close();
      await pause(100);
    }
  }

  close(): void {
    this.peer?.close();
    this.peer = null;
  }

  async createAll(): Promise<void> {
    for (const plan of this.plans) await this.create(plan);
    const init = { transactionalId: null, transactionTimeoutMs: 0 };
    for (let left = 50; this.producerId < 0 && left > 0; left--) {
      const answer = await this.link.send(InitProducerId, 4, init, LIMIT);
      if (answer.errorCode === 0) this.producerId = answer.producerId;
      else await pause(100);
    }
  }

  async create({ name, configs }: TopicPlan): Promise<void> {
    const listed = Object.entries(configs).map(([key, value]) => ({ name: key, value }));
    const topic = { name, numPartitions: PARTITIONS, replicationFactor: 1, assignments: [], configs: listed };
    const { topics } = await this.link.send(CreateTopics, 7, { topics: [topic], timeoutMs: 10_000 }, LIMIT);
    if (topics[0]!.errorCode !== 0) throw new Error(`CreateTopics ${name}: ${topics[0]!.errorMessage}`);
    const fresh = Array.from({ length: PARTITIONS }, () => ({ next: 0, start: 0 }));
    this.written.set(name, fresh);
  }

  /** Deletes a topic; the same name is free again at once or soon. */
  async deleteAndCreateAgain(plan: TopicPlan): Promise<void> {
    const request = { topics: [], topicNames: [plan.name], timeoutMs: 10_000 };
    const { responses } = await this.link.send(DeleteTopics, 5, request, LIMIT);
    if (responses[0]!.errorCode !== 0) throw new Error(`DeleteTopics ${plan.name}: ${responses[0]!.errorCode}`);
    for (let left = 100; ; left--) {
      try {
        return await this.create(plan);
      } catch (error) {
        if (left === 0) throw error;
        await pause(50);
      }
    }
  }

  /** Appends batches to every partition, then sends each partition's last one again. Throws for any other offset than due. */
  async produce(batches: number, recordsPerBatch: number): Promise<void> {
    for (const { name, compression } of this.plans) {
      for (const [partition, state] of this.written.get(name)!.entries()) {
        for (let i = 0; i < batches; i++) {
          const base = state.next;
          await this.append(name, partition, base, recordsPerBatch, compression);
          state.next += recordsPerBatch;
          if (i === batches - 1) await this.append(name, partition, base, recordsPerBatch, compression);
        }
      }
    }
  }

  private async append(topic: string, partition: number, base: number, count: number, compression: CompressionType) {
    const records = buildBatch({
      producerId: this.producerId,
      producerEpoch: 0,
      baseSequence: base,
      compression,
      records: Array.from({ length: count }, (_, index) => ({
        timestamp: TIMESTAMP_MS + (base + index) * 1000,
        key: Buffer.from(String(base + index)),
        value: Buffer.from(PAYLOAD + (base + index)),
        headers: [{ key: 'partition', value: Buffer.from(String(partition)) }],
      })),
    });
    const request = {
      transactionalId: null,
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
    };
    for (let left = 100; ; left--) {
      const { responses } = await this.link.send(Produce, 9, request, LIMIT);
      const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!;
      if (errorCode === 0 && baseOffset === base) return;
      const isNotYet = errorCode === 6 || errorCode === 3;
      if (!isNotYet || left === 0) {
        throw new Error(`${topic}-${partition}: batch ${base} gave error ${errorCode}, offset ${baseOffset}`);
      }
      await pause(50);
    }
  }

  /** Moves the beginning of a topic's partitions. */
  async deleteRecords(topic: string, upTo: (next: number) => number): Promise<void> {
    const states = this.written.get(topic)!;
    const partitions = states.map(({ next }, partitionIndex) => ({ partitionIndex, offset: upTo(next) }));
    const request = { topics: [{ name: topic, partitions }], timeoutMs: 10_000 };
    const { topics } = await this.link.send(DeleteRecords, 2, request, LIMIT);
    for (const { partitionIndex, lowWatermark, errorCode } of topics[0]!.partitions) {
      if (errorCode !== 0) throw new Error(`DeleteRecords ${topic}-${partitionIndex}: ${errorCode}`);
      states[partitionIndex]!.start = lowWatermark;
    }
  }

  /** Reads everything: exactly what was written, from where the log begins. */
  async verify(): Promise<number> {
    let total = 0;
    for (const [topic, states] of this.written) {
      for (const [partition, state] of states.entries()) total += await this.verifyPartition(topic, partition, state);
    }
    return total;
  }

  private async verifyPartition(topic: string, partition: number, { next, start }: Written): Promise<number> {
    let offset = start;
    while (offset < next) {
      const wish = { partition, fetchOffset: offset, partitionMaxBytes: 200_000 };
      const request = { maxWaitMs: 500, minBytes: 1, maxBytes: 10_000_000, topics: [{ topic, partitions: [wish] }] };
      const { responses } = await this.link.send(Fetch, 11, request, LIMIT);
      const { errorCode, records, logStartOffset, highWatermark } = responses[0]!.partitions[0]!;
      const where = `${topic}-${partition} at ${offset}`;
      if (errorCode !== 0 || !records?.length) {
        throw new Error(
          `${where} of ${next}: error ${errorCode}, ${records?.length} bytes, high watermark ${highWatermark}`,
        );
      }
      if (logStartOffset !== start) throw new Error(`${where}: log begins at ${logStartOffset}, not at ${start}`);
      offset = checkRecords(records, offset, partition, where);
    }
    if (offset !== next) throw new Error(`${topic}-${partition}: ${offset} records instead of ${next}`);
    return next - start;
  }
}

function checkRecords(records: Buffer, from: number, partition: number, where: string): number {
  let offset = from;
  let at = 0;
  for (let size = 1; size > 0; at += size) {
    size = wholeBatchSizeAt(records, at, records.length);
    if (size <= 0) break;
    if (!isCrcValidAt(records, at)) throw new Error(`${where}: bad checksum`);
    for (const record of readRecords(records, at)) {
      if (record.offset < offset) continue;
      const isRight =
        record.offset === offset &&
        record.key?.toString() === String(offset) &&
        record.value?.toString() === PAYLOAD + offset &&
        record.headers[0]?.value?.toString() === String(partition);
      if (!isRight) throw new Error(`${where}: expected ${offset}, found ${record.offset} ${record.key}`);
      offset++;
    }
    if (offset !== lastOffsetAt(records, at) + 1) throw new Error(`${where}: a batch ends elsewhere`);
  }
  return offset;
}
