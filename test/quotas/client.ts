import { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { nodeNetwork } from '@odradek/broker/env/node/network';
import { BufferPool } from '@odradek/broker/network/buffer-pool';
import { AlterClientQuotas } from '@odradek/protocol/messages/alter-client-quotas';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { DescribeClientQuotas } from '@odradek/protocol/messages/describe-client-quotas';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { Metadata } from '@odradek/protocol/messages/metadata';
import { Produce } from '@odradek/protocol/messages/produce';
import { buildBatch } from '@odradek/protocol/records/builder';
import type { Api, RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { Fields } from '@odradek/protocol/schema/fields';
import type { Broker } from '../support/broker';
import { RECENT_MS } from '../support/recent';

const TIMEOUT_MS = 30_000;

/** A connection that calls itself by a client id; requests may follow each other without waiting for answers. */
export class QuotaClient {
  private constructor(private readonly peer: PeerConnection) {}

  static async connect(broker: Broker, clientId: string): Promise<QuotaClient> {
    const memory = { staging: Buffer.allocUnsafeSlow(64 * 1024), pool: new BufferPool() };
    const parts = { network: nodeNetwork, clock: nodeClock, memory };
    const options = { host: '127.0.0.1', port: broker.port, clientId, connectTimeoutMs: 5000 };
    return new QuotaClient(await PeerConnection.connect(parts, options));
  }

  close(): void {
    this.peer.close();
  }

  send<A extends Api<Fields, Fields>>(api: A, version: number, request: RequestInit<A>): Promise<ResponseOf<A>> {
    return this.peer.send(api, version, request, { timeoutMs: TIMEOUT_MS });
  }

  async createTopic(name: string, numPartitions = 1) {
    const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] };
    const { topics, throttleTimeMs } = await this.send(CreateTopics, 7, { topics: [topic], timeoutMs: TIMEOUT_MS });
    return { errorCode: topics[0]!.errorCode, throttleTimeMs };
  }

  /** One record with a value of so many bytes. */
  produce(topic: string, valueBytes: number): Promise<ResponseOf<typeof Produce>> {
    const records = buildBatch({ records: [{ timestamp: RECENT_MS, value: Buffer.alloc(valueBytes, 'x') }] });
    const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
    return this.send(Produce, 9, { acks: -1, timeoutMs: TIMEOUT_MS, topicData });
  }

  async fetch(topic: string, partitionMaxBytes: number) {
    const topics = [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes }] }];
    const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 24, topics };
    const { throttleTimeMs, responses } = await this.send(Fetch, 11, request);
    return { throttleTimeMs, partitions: responses.length, bytes: responses[0]?.partitions[0]?.records?.length ?? 0 };
  }

  async ping(): Promise<void> {
    await this.send(Metadata, 9, { topics: [] });
  }

  /** Sets quotas of an entity, or takes them back (null); throws where they are refused. */
  async alter(entity: Readonly<Record<string, string | null>>, values: Readonly<Record<string, number | null>>) {
    const entry = {
      entity: Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName })),
      ops: Object.entries(values).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
    };
    const { entries } = await this.send(AlterClientQuotas, 1, { entries: [entry], validateOnly: false });
    if (entries[0]!.errorCode !== 0) throw new Error(`AlterClientQuotas: ${entries[0]!.errorMessage}`);
  }

  async describe() {
    const { entries } = await this.send(DescribeClientQuotas, 1, { components: [], strict: false });
    return entries!.map(({ entity, values }) => ({
      ...Object.fromEntries(entity.map(({ entityType, entityName }) => [entityType, entityName])),
      ...Object.fromEntries(values.map(({ key, value }) => [key, value])),
    }));
  }
}
