import { setTimeout as sleep } from 'node:timers/promises';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { IncrementalAlterConfigs } from '@odradek/protocol/messages/incremental-alter-configs';
import { Produce } from '@odradek/protocol/messages/produce';
import { WriteTxnMarkers } from '@odradek/protocol/messages/write-txn-markers';
import type { RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { Both, Pair, SendOptions } from '../both';
import { batch } from '../records';
import type { SideName } from '../world';

/** Of each coordinators' topic here. */
export const COORDINATOR_PARTITIONS = 3;

/** Where a group or a transactional id is kept: by Java's `String.hashCode`. */
export function partitionOf(id: string): number {
  let hash = 0;
  for (const unit of id) hash = (Math.imul(hash, 31) + unit.charCodeAt(0)) | 0;
  return Math.abs(hash) % COORDINATOR_PARTITIONS;
}

type Marker = NonNullable<RequestInit<typeof WriteTxnMarkers>['markers']>[number];
type MarkerChange = Partial<Omit<Marker, 'topics'>>;
export type Partitions = Readonly<Record<string, readonly number[]>>;

const CLUSTER = { resourceType: 4, resourceName: '' };
const [SET, DELETE] = [0, 1];

/**
 * Transactions that no coordinator knows of, so that producers have the same ids on both sides: nothing is verified
 * while `during` runs.
 */
export async function unverified(both: Both, during: () => Promise<void>): Promise<void> {
  const alter = async (configOperation: number, value: string | null): Promise<void> => {
    const configs = [{ name: 'transaction.partition.verification.enable', configOperation, value }];
    await both.send(IncrementalAlterConfigs, 1, { resources: [{ ...CLUSTER, configs }], validateOnly: false });
    // Until the change has come back from ZooKeeper.
    await sleep(1000);
  };
  await alter(SET, 'false');
  await during();
  await alter(DELETE, null);
}

/** Producers of one topic, their sequences, and the markers that end their transactions. */
export class Writers {
  private readonly sequences = new Map<string, number>();

  constructor(
    private readonly both: Both,
    readonly topic: string,
  ) {}

  async write(
    producerId: number,
    count: number,
    { partition = 0, epoch = 0, isTransactional = true } = {},
  ): Promise<void> {
    const key = `${partition} ${producerId} ${epoch}`;
    const baseSequence = this.sequences.get(key) ?? 0;
    this.sequences.set(key, baseSequence + count);
    const records = batch(count, { producerId, producerEpoch: epoch, baseSequence, isTransactional });
    const topicData = [{ name: this.topic, partitionData: [{ index: partition, records }] }];
    const transactionalId = isTransactional ? `of ${producerId}` : null;
    const note = `${this.topic}-${partition}: producer ${producerId}, epoch ${epoch}`;
    await this.both.send(Produce, 9, { transactionalId, acks: -1, timeoutMs: 5000, topicData }, { note });
  }

  /** Ends the producer's transaction in partition 0. */
  async end(producerId: number, transactionResult: boolean, change: MarkerChange = {}): Promise<void> {
    await mark(this.both, 1, [marker(producerId, { [this.topic]: [0] }, { transactionResult, ...change })]);
  }
}

export function marker(producerId: number, partitions: Partitions, change: MarkerChange = {}): Marker {
  const topics = Object.entries(partitions).map(([name, indexes]) => ({ name, partitionIndexes: [...indexes] }));
  return { producerId, producerEpoch: 0, transactionResult: true, coordinatorEpoch: 0, ...change, topics };
}

export async function mark(both: Both, version: number, markers: Marker[], options: SendOptions = {}): Promise<void> {
  const note = markers.map(({ producerId, transactionResult }) => `${producerId} ${transactionResult}`).join(', ');
  await both.send(WriteTxnMarkers, version, { markers }, { note, ...options });
}

/** Begins a fetch on connections of its own, and compares what both brokers answer when `meanwhile` is done. */
export async function fetchDuring(
  both: Both,
  version: number,
  request: (side: SideName) => RequestInit<typeof Fetch>,
  note: string,
  meanwhile: () => Promise<void>,
): Promise<Pair<ResponseOf<typeof Fetch>>> {
  const answer = both.send(Fetch, version, request, { note, alone: true, waitsMs: request('ours').maxWaitMs });
  await sleep(500);
  await meanwhile();
  return answer;
}
