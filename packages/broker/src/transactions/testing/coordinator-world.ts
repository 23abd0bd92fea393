import type { ErrorName } from '@odradek/protocol/errors';
import { BrokerConfig } from '../../config/broker-config';
import { ManualClock } from '../../env/testing/clock';
import { MemoryLoggers } from '../../env/testing/logger';
import { MemoryWriter } from '../../groups/testing/memory-writer';
import { TransactionCoordinator } from '../coordinator';
import type {
  EndedTransaction,
  InitProducerIdAnswer,
  InitProducerIdRequest,
  MarkersOutcome,
  ProducerIdAndEpoch,
  TransactionMarkers,
} from '../transaction-types';

/** Markers that are settled when a test says so. */
export class HeldMarkers implements TransactionMarkers {
  readonly sent: { readonly transaction: EndedTransaction; settle(outcome: MarkersOutcome): void }[] = [];
  isStopped = false;

  send(transaction: EndedTransaction, settle: (outcome: MarkersOutcome) => void): void {
    this.sent.push({ transaction, settle });
  }

  partitionResigned(txnPartition: number): void {
    const kept = this.sent.filter(({ transaction }) => transaction.txnPartition !== txnPartition);
    this.sent.splice(0, this.sent.length, ...kept);
  }

  stop(): void {
    this.isStopped = true;
  }

  /** All that wait get their markers. */
  settle(): void {
    for (const { settle } of this.sent.splice(0)) settle('complete');
  }
}

/** A coordinator of ids that all live in partition 0, a log in memory and a clock that stands still. */
export class CoordinatorWorld {
  readonly loggers = new MemoryLoggers();
  readonly markers = new HeldMarkers();
  readonly coordinator: TransactionCoordinator;
  /** What the next producer id is, or why there is none. */
  nextId: number | Error = 100;

  constructor(
    readonly writer = new MemoryWriter(),
    settings: Readonly<Record<string, string>> = {},
    readonly clock = new ManualClock(),
  ) {
    const properties = {
      'zookeeper.connect': 'localhost:2181',
      'transaction.state.log.num.partitions': '1',
      ...settings,
    };
    const { values } = BrokerConfig.parse(new Map(Object.entries(properties)));
    const { loggers, markers } = this;
    const producerIds = { next: () => this.giveId() };
    this.coordinator = new TransactionCoordinator({
      brokerId: 0,
      writer,
      markers,
      producerIds,
      clock,
      loggers,
      values,
    });
  }

  private async giveId(): Promise<number> {
    if (this.nextId instanceof Error) throw this.nextId;
    return this.nextId++;
  }

  /** Coordinates the ids of partition 0. */
  async lead(leaderEpoch = 0): Promise<this> {
    this.coordinator.start(null);
    this.coordinator.hosted.elected(0, leaderEpoch);
    await this.clock.settle();
    return this;
  }

  /** The answers so far. */
  async init(transactionalId: string, change: Partial<InitProducerIdRequest> = {}): Promise<InitProducerIdAnswer[]> {
    const answers: InitProducerIdAnswer[] = [];
    const request = { timeoutMs: 60_000, expected: null, ...change };
    this.coordinator.initProducerId(transactionalId, request, (answer) => answers.push(answer));
    await this.clock.settle();
    return answers;
  }

  add(transactionalId: string, producer: ProducerIdAndEpoch, partition = 0): ErrorName[] {
    const answers: ErrorName[] = [];
    const request = { ...producer, partitions: [{ topic: 't', partition }] };
    this.coordinator.addPartitions(transactionalId, request, (error) => answers.push(error));
    return answers;
  }

  end(transactionalId: string, producer: ProducerIdAndEpoch, isCommit = true): ErrorName[] {
    const answers: ErrorName[] = [];
    this.coordinator.endTransaction(transactionalId, { ...producer, isCommit }, (error) => answers.push(error));
    return answers;
  }

  /** An id with an open transaction of one partition. */
  async open(transactionalId: string, change: Partial<InitProducerIdRequest> = {}): Promise<ProducerIdAndEpoch> {
    const [answer] = await this.init(transactionalId, change);
    this.add(transactionalId, answer!);
    return answer!;
  }

  stateOf(transactionalId: string): string {
    return this.coordinator.describe(transactionalId).state;
  }
}
