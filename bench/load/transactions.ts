import { setTimeout as sleep } from 'node:timers/promises';
import { AddPartitionsToTxn } from '@odradek/protocol/messages/add-partitions-to-txn';
import { EndTxn } from '@odradek/protocol/messages/end-txn';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import { Produce } from '@odradek/protocol/messages/produce';
import { buildBatch, SequencePatch } from './batches';
import { leaderPorts } from './calls';
import { Client, untilGood } from './client';
import type { Result, TransactionsJob } from './job';
import { Meter } from './meter';

const PRODUCE_VERSION = 9;
const ADD_VERSION = 3;
const END_VERSION = 3;
const INIT_VERSION = 4;
const TRANSACTION_KEY = 1;
const TIMEOUT_MS = 60_000;
/** Apache's producer waits so long where its last transaction is not whole yet (ADD_PARTITIONS_RETRY_BACKOFF_MS). */
const NOT_YET_MS = 20;
const CONCURRENT_TRANSACTIONS = 51;

/** The coordinator of a transactional id; asking makes the topic that it needs. */
export async function coordinatorPort(port: number, transactionalId: string): Promise<number> {
  const client = new Client(port);
  const key = { key: transactionalId, keyType: TRANSACTION_KEY };
  const answer = await untilGood(
    () => client.ask(FindCoordinator, 1, key),
    ({ errorCode }) => errorCode,
  );
  client.close();
  return answer.port;
}

/** A producer that commits one transaction after the other, as Apache's does: its batches leave together. */
export class TransactionalProducer {
  private readonly batches: { readonly partition: number; readonly batch: Buffer; readonly patch: SequencePatch }[] =
    [];
  private readonly leaders = new Map<number, Client>();
  private sequence = 0;
  private producerId = -1;

  private constructor(
    private readonly id: string,
    private readonly coordinator: Client,
    private readonly job: Pick<TransactionsJob, 'topic' | 'partitions' | 'batch'>,
    private readonly leaderPorts: readonly number[],
  ) {}

  static async start(
    id: string,
    job: Pick<TransactionsJob, 'port' | 'topic' | 'partitions' | 'batch'>,
  ): Promise<TransactionalProducer> {
    const coordinator = new Client(await coordinatorPort(job.port, id));
    const producer = new TransactionalProducer(id, coordinator, job, await leaderPorts(job.port, job.topic));
    await producer.init();
    return producer;
  }

  private async init(): Promise<void> {
    const request = { transactionalId: this.id, transactionTimeoutMs: TIMEOUT_MS };
    const answer = await untilGood(
      () => this.coordinator.ask(InitProducerId, INIT_VERSION, request),
      ({ errorCode }) => errorCode,
    );
    this.producerId = answer.producerId;
    if (answer.producerEpoch !== 0) throw new Error(`the transactional id ${this.id} has been used before`);
    for (let partition = 0; partition < this.job.partitions; partition++) {
      const batch = buildBatch(this.job.batch, { producerId: this.producerId, isTransactional: true });
      this.batches.push({ partition, batch, patch: new SequencePatch(batch) });
    }
    for (const port of new Set(this.leaderPorts)) this.leaders.set(port, new Client(port));
  }

  get batchBytes(): number {
    return this.batches[0]!.batch.length;
  }

  /** One transaction over all partitions, so many batches each. */
  async transact({ committed = true, batches = 1 } = {}): Promise<void> {
    await this.addPartitions();
    for (let count = 0; count < batches; count++) {
      for (const { batch, patch } of this.batches) patch.apply(batch, 0, this.sequence);
      this.sequence += this.job.batch.records;
      await Promise.all([...this.leaders].map(([port, client]) => this.produce(port, client)));
    }
    const { id: transactionalId, producerId } = this;
    const end = { transactionalId, producerId, producerEpoch: 0, committed };
    const { errorCode } = await this.coordinator.ask(EndTxn, END_VERSION, end);
    if (errorCode !== 0) throw new Error(`the transaction was not ended: error ${errorCode}`);
  }

  /** Waits until the last transaction is whole: only then another one is let begin. */
  settled(): Promise<void> {
    return this.addPartitions();
  }

  private async addPartitions(): Promise<void> {
    const { topic: name, partitions } = this.job;
    const request = {
      v3AndBelowTransactionalId: this.id,
      v3AndBelowProducerId: this.producerId,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: [{ name, partitions: Array.from({ length: partitions }, (_, index) => index) }],
    };
    for (;;) {
      const answer = await this.coordinator.ask(AddPartitionsToTxn, ADD_VERSION, request);
      const results = answer.resultsByTopicV3AndBelow[0]!.resultsByPartition;
      const error = results.find(({ partitionErrorCode }) => partitionErrorCode !== 0)?.partitionErrorCode ?? 0;
      if (error === 0) return;
      if (error !== CONCURRENT_TRANSACTIONS) throw new Error(`no partition was added: error ${error}`);
      await sleep(NOT_YET_MS);
    }
  }

  private async produce(port: number, client: Client): Promise<void> {
    const own = this.batches.filter(({ partition }) => this.leaderPorts[partition] === port);
    const partitionData = own.map(({ partition: index, batch: records }) => ({ index, records }));
    const topicData = [{ name: this.job.topic, partitionData }];
    const request = { transactionalId: this.id, acks: -1, timeoutMs: TIMEOUT_MS, topicData };
    const { responses } = await client.ask(Produce, PRODUCE_VERSION, request);
    const bad = responses[0]!.partitionResponses.find(({ errorCode }) => errorCode !== 0);
    if (bad) throw new Error(`a batch was not taken: error ${bad.errorCode}`);
  }

  close(): void {
    this.coordinator.close();
    for (const client of this.leaders.values()) client.close();
  }
}

/** Producers that commit transactions as fast as they can. */
export async function runTransactions(job: TransactionsJob): Promise<Result> {
  const ids = Array.from({ length: job.producers }, (_, index) => `${job.topic}-${index}`);
  const producers = await Promise.all(ids.map((id) => TransactionalProducer.start(id, job)));
  const meter = new Meter(job);
  let isRunning = true;
  const loop = async (producer: TransactionalProducer): Promise<void> => {
    while (isRunning) {
      await producer.transact();
      meter.requests++;
      meter.records += job.partitions * job.batch.records;
    }
  };
  const loops = Promise.all(producers.map(loop));
  const measured = (async () => {
    await sleep(job.warmSeconds * 1000);
    meter.begin();
    await sleep(job.seconds * 1000);
    return meter.end();
  })();
  const result = await Promise.race([measured, loops.then(() => measured)]);
  isRunning = false;
  await loops;
  for (const producer of producers) producer.close();
  return result;
}
