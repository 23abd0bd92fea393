import { Produce } from '@odradek/protocol/messages/produce';
import { buildBatch, SequencePatch } from './batches';
import { encodeRequest, leaderPorts, newProducerId } from './calls';
import type { BatchShape, Job } from './job';
import type { Traffic } from './link';

const VERSION = 11;
const TIMEOUT_MS = 30_000;
const MAX_SEQUENCE = 2 ** 31;

/** Encoded requests for some partitions of a topic, a batch each. */
export interface ProduceTraffic extends Traffic {
  /** Of the broker that leads them. */
  readonly port: number;
  readonly batchBytes: number;
}

function encode(topic: string, index: number, records: Buffer): Buffer {
  const topicData = [{ name: topic, partitionData: [{ index, records }] }];
  return encodeRequest(Produce, VERSION, { acks: -1, timeoutMs: TIMEOUT_MS, topicData });
}

/** What follows the topic's name in an answer up to the error code: the partitions' count and index. */
const errorCodeAt = (topic: string): number => 4 + 4 + 1 + 1 + 1 + Buffer.byteLength(topic) + 1 + 4;

/** Traffic for each connection: partitions are dealt out among them. */
export async function produceTraffic(
  { port, topic, partitions }: Job,
  shape: BatchShape,
  connections: number,
  inFlight: number,
): Promise<ProduceTraffic[]> {
  const batch = buildBatch(shape, shape.idempotent ? { producerId: await newProducerId(port) } : undefined);
  const patch = shape.idempotent ? new SequencePatch(batch) : null;
  const leaders = await leaderPorts(port, topic);
  return Array.from({ length: connections }, (_, connection) => {
    const own = Array.from({ length: partitions }, (_, index) => index).filter((p) => p % connections === connection);
    const traffic = trafficFor(topic, own, { batch, patch, records: shape.records, inFlight });
    return { ...traffic, port: leaders[own[0]!]! };
  });
}

function trafficFor(
  topic: string,
  partitions: readonly number[],
  {
    batch,
    patch,
    records,
    inFlight,
  }: { batch: Buffer; patch: SequencePatch | null; records: number; inFlight: number },
): Omit<ProduceTraffic, 'port'> {
  const requests = partitions.map((partition) => encode(topic, partition, batch));
  const requestBytes = requests[0]!.length;
  const batchAt = requests[0]!.indexOf(batch.subarray(0, 61));
  const rounds = Math.ceil(inFlight / requests.length);
  const ring = Buffer.concat(Array.from({ length: rounds }, () => requests).flat());
  const sequences = requests.map(() => 0);
  return {
    ring,
    requestBytes,
    inFlight,
    batchBytes: batch.length,
    errorCodeAt: errorCodeAt(topic),
    prepare(slot) {
      if (patch === null) return;
      const which = slot % sequences.length;
      patch.apply(ring, slot * requestBytes + batchAt, sequences[which]!);
      sequences[which] = (sequences[which]! + records) % MAX_SEQUENCE;
    },
  };
}
