import { Metadata } from '@odradek/protocol/messages/metadata';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import { type Clock, deadline, sleep } from '../env/clock';
import { type BrokerEndpoint, NO_LEADER } from './metadata';
import type { MetadataCache } from './metadata-cache';
import type { ConnectPeer, Peer } from './peers';

export interface TopicSpreadOptions {
  readonly brokerId: number;
  readonly metadata: MetadataCache;
  readonly connect: ConnectPeer;
  readonly clock: Clock;
  /** The listener that brokers talk to each other on. */
  readonly listenerName: string;
}

/** A topic that a broker is to know of. */
interface Awaited {
  readonly topic: string;
  readonly partitions: number;
  readonly known: () => void;
}

/** Who is slower keeps nobody waiting: that a topic is there is true all the same. */
const PATIENCE_MS = 1_000;
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;
/** The first version that can be asked without making what is missing; Apache's brokers know it as well. */
const METADATA_VERSION = 4;

/**
 * Waits until the other brokers, too, know a new topic. Its leaders are told so by the controller before they are told who
 * leads (both over one channel), so that then they lead as well: whoever goes on from the answer with any broker finds what
 * has been made. Apache answers when the broker that was asked knows it.
 */
export class TopicSpread {
  private readonly questions = new Map<number, Question>();

  constructor(private readonly options: TopicSpreadOptions) {}

  /** Resolves when every live broker knows leaders of the topic's first `partitions`, or after `timeoutMs`, a second at most. */
  async everywhere(topic: string, partitions: number, timeoutMs: number): Promise<void> {
    const { brokerId, metadata, listenerName, clock } = this.options;
    const patienceMs = Math.min(timeoutMs, PATIENCE_MS);
    const answers = [...metadata.image.brokers.values()].map(({ id, endpoints }) => {
      const endpoint = endpoints.get(listenerName);
      if (id === brokerId || endpoint === undefined) return Promise.resolve();
      return new Promise<void>((resolve) => {
        const known = (): void => {
          timer.cancel();
          resolve();
        };
        const awaited: Awaited = { topic, partitions, known };
        const question = this.questionTo(id);
        const timer = deadline(clock, patienceMs, () => {
          question.drop(awaited);
          resolve();
        });
        question.add(awaited, endpoint);
      });
    });
    await Promise.all(answers);
  }

  private questionTo(broker: number): Question {
    const question = this.questions.get(broker) ?? new Question(this.options);
    this.questions.set(broker, question);
    return question;
  }
}

/** What one broker is asked, for all topics at once and again, until it knows them or nobody waits any more. */
class Question {
  private readonly awaited = new Set<Awaited>();
  private isAsking = false;

  constructor(private readonly options: TopicSpreadOptions) {}

  add(awaited: Awaited, endpoint: BrokerEndpoint): void {
    this.awaited.add(awaited);
    if (!this.isAsking) void this.ask(endpoint);
  }

  drop(awaited: Awaited): void {
    this.awaited.delete(awaited);
  }

  private async ask(endpoint: BrokerEndpoint): Promise<void> {
    this.isAsking = true;
    let peer: Peer | null = null;
    try {
      peer = await this.options.connect(endpoint);
      for (let pauseMs = FIRST_PAUSE_MS; this.awaited.size > 0; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
        const topics = [...new Set([...this.awaited].map(({ topic }) => topic))].map((name) => ({ name }));
        const request = { topics, allowAutoTopicCreation: false };
        this.take(await peer.send(Metadata, METADATA_VERSION, request, { timeoutMs: PATIENCE_MS }));
        if (this.awaited.size > 0) await sleep(this.options.clock, pauseMs);
      }
    } catch {
      // It is gone, or on its way out: nobody will be sent to it.
      this.settle(() => true);
    }
    peer?.close();
    this.isAsking = false;
  }

  private take({ topics }: ResponseOf<typeof Metadata>): void {
    const leaders = new Map(topics.map(({ name, partitions }) => [name, partitions] as const));
    this.settle(({ topic, partitions }) => {
      const led = (leaders.get(topic) ?? []).filter(({ leaderId }) => leaderId > NO_LEADER);
      return led.length >= partitions;
    });
  }

  private settle(isKnown: (awaited: Awaited) => boolean): void {
    for (const awaited of [...this.awaited].filter(isKnown)) {
      this.awaited.delete(awaited);
      awaited.known();
    }
  }
}
