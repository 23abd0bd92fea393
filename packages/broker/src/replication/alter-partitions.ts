import { ERRORS, type ErrorName, errorName } from '@odradek/protocol/errors';
import { AlterPartition } from '@odradek/protocol/messages/alter-partition';
import type { RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { ControllerLink } from '../cluster/controller-link';
import type { Clock, Timer } from '../env/clock';
import type { Logger } from '../env/logger';
import { type IsrAnswer, verdictOnRefusal } from './isr-changes';

/** A leader's wish that the in-sync replicas of its partition be `isr`. */
export interface IsrChange {
  readonly topic: string;
  /** The zero uuid for a topic of releases that knew none. */
  readonly topicId: string;
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
  /** The partition epoch that it builds on. */
  readonly partitionEpoch: number;
}

export interface AlterPartitionsOptions {
  readonly brokerId: number;
  readonly brokerEpoch: () => number;
  readonly controller: Pick<ControllerLink, 'send'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Item {
  readonly change: IsrChange;
  readonly settled: (answer: IsrAnswer) => void;
}

type Request = RequestInit<typeof AlterPartition>;
type Response = ResponseOf<typeof AlterPartition>;
type TopicWishes = NonNullable<Request['topics']>[number];
type PartitionWish = NonNullable<TopicWishes['partitions']>[number];

const NAMES_VERSION = 1;
const TOPIC_IDS_VERSION = 3;
/** Whoever leads has its log's records: it has recovered (KIP-704). */
const RECOVERED = 0;
const LAST_RECOVERY_STATE = 1;
/** The brokers' epochs are for controllers that know them, those of KRaft (KIP-903). */
const NO_BROKER_EPOCH = -1;
const RETRY_BACKOFF_MS = 50;

const keyOf = (topic: string, partition: number): string => `${topic}-${partition}`;

/**
 * Takes the wishes of this broker's leaders to the controller (DefaultAlterPartitionManager): one request at a time, with
 * all that have come until then; of a partition one wish at a time. A request is repeated until a controller answers it:
 * a leader that has heard of a newer state by then pays no heed to the answer.
 */
export class AlterPartitions {
  /** Wishes without an answer, those on their way among them, by `topic-N`. */
  private readonly unanswered = new Map<string, Item>();
  private busy = false;
  private retry: Timer | null = null;
  private closed = false;

  constructor(private readonly options: AlterPartitionsOptions) {}

  /** `settled` is called once, in a later turn, unless this broker stops first. */
  submit(change: IsrChange, settled: (answer: IsrAnswer) => void): void {
    const key = keyOf(change.topic, change.partition);
    if (this.unanswered.has(key)) {
      const refused: IsrAnswer = { type: 'refused', error: 'OPERATION_NOT_ATTEMPTED' };
      void Promise.resolve().then(() => settled(refused));
      return;
    }
    this.unanswered.set(key, { change, settled });
    this.propagate();
  }

  /** Nothing is sent any more, and nobody is answered. */
  close(): void {
    this.closed = true;
    this.retry?.cancel();
    this.unanswered.clear();
  }

  private propagate(): void {
    if (this.busy || this.retry !== null || this.closed || this.unanswered.size === 0) return;
    this.busy = true;
    // A follower's fetch of a thousand partitions, or a tick that finds it gone, wishes a thousand times in one turn.
    void Promise.resolve().then(async () => {
      const isDone = await this.exchange([...this.unanswered.values()]);
      this.busy = false;
      if (this.closed) return;
      if (!isDone) {
        this.retry = this.options.clock.after(RETRY_BACKOFF_MS, () => {
          this.retry = null;
          this.propagate();
        });
      }
      this.propagate();
    });
  }

  /** Sends wishes and hands the answers out; false where one is missing, or will be asked for again: later, not at once. */
  private async exchange(items: readonly Item[]): Promise<boolean> {
    const { brokerId, brokerEpoch, controller, logger } = this.options;
    const version = items.every(({ change }) => change.topicId !== ZERO_UUID) ? TOPIC_IDS_VERSION : NAMES_VERSION;
    const epoch = brokerEpoch();
    const request: Request = { brokerId, brokerEpoch: epoch, topics: topicsOf(items, version) };
    let response: Response;
    try {
      response = await controller.send(AlterPartition, version, request, { isRefusal });
    } catch (error) {
      logger.debug(`AlterPartition was not answered: ${(error as Error).message}`);
      return false;
    }
    const error = errorName(response.errorCode);
    if (error === 'NONE') return this.handOut(items, response, version);
    if (error === 'STALE_BROKER_EPOCH') logger.warn(`Broker had a stale broker epoch (${epoch}), retrying.`);
    else if (error === 'CLUSTER_AUTHORIZATION_FAILED') {
      logger.error('Broker is not authorized to send AlterPartition to controller');
    } else
      logger.warn(`Controller returned an unexpected top-level error when handling AlterPartition request: ${error}`);
    return false;
  }

  private handOut(items: readonly Item[], response: Response, version: number): boolean {
    const answers = answersOf(items, response, version);
    let isDone = true;
    for (const item of items) {
      if (this.closed) break;
      const { topic, partition } = item.change;
      const answer = answers.get(keyOf(topic, partition));
      if (!answer) {
        this.options.logger.warn(`Partition ${keyOf(topic, partition)} was sent but not included in the response`);
        isDone = false;
        continue;
      }
      if (answer.type === 'refused' && verdictOnRefusal(answer.error) === 'retry') isDone = false;
      // First: whoever hears of the answer may have another wish.
      this.unanswered.delete(keyOf(topic, partition));
      item.settled(answer);
    }
    return isDone;
  }
}

function topicsOf(items: readonly Item[], version: number): TopicWishes[] {
  const topics = new Map<string, TopicWishes & { partitions: PartitionWish[] }>();
  for (const { change } of items) {
    const { topic, topicId, partition, leaderEpoch, isr, partitionEpoch } = change;
    const entry = topics.get(topic) ?? { topicName: topic, topicId, partitions: [] };
    topics.set(topic, entry);
    entry.partitions.push({
      partitionIndex: partition,
      leaderEpoch,
      newIsr: version === NAMES_VERSION ? isr : [],
      newIsrWithEpochs:
        version === NAMES_VERSION ? [] : isr.map((brokerId) => ({ brokerId, brokerEpoch: NO_BROKER_EPOCH })),
      leaderRecoveryState: RECOVERED,
      partitionEpoch,
    });
  }
  return [...topics.values()];
}

function answersOf(items: readonly Item[], { topics }: Response, version: number): Map<string, IsrAnswer> {
  const names = new Map(items.map(({ change }) => [change.topicId, change.topic]));
  const answers = new Map<string, IsrAnswer>();
  for (const { topicName, topicId, partitions } of topics) {
    const topic = version === NAMES_VERSION ? topicName : names.get(topicId);
    if (topic === undefined) continue;
    for (const { partitionIndex, errorCode, leaderEpoch, isr, partitionEpoch, leaderRecoveryState } of partitions) {
      const isSound = leaderRecoveryState >= RECOVERED && leaderRecoveryState <= LAST_RECOVERY_STATE;
      const error: ErrorName = isSound ? errorName(errorCode) : 'UNKNOWN_SERVER_ERROR';
      const answer: IsrAnswer =
        error === 'NONE' ? { type: 'granted', leaderEpoch, isr, partitionEpoch } : { type: 'refused', error };
      answers.set(keyOf(topic, partitionIndex), answer);
    }
  }
  return answers;
}

/** A controller that knows less than a leader is none any more, and says so partition by partition. */
function isRefusal({ topics }: Response): boolean {
  const { code } = ERRORS.NOT_CONTROLLER;
  return topics.some(({ partitions }) => partitions.some(({ errorCode }) => errorCode === code));
}
