import { ServerError, ToolError } from '../tool-error';
import type { KafkaClient } from './client';
import type { ConsumerRecord } from './consumed';
import type { ConsumerSettings } from './consumer-config';
import { Fetcher } from './fetcher';
import { TopicMetadata } from './topic-metadata';
import { Wakeup } from './wakeup';

export interface LookUp {
  /** Looks up whatever is read. Returns whether all of it is there: if not, it is soon looked up again. */
  readonly lookUp: () => Promise<boolean>;
  /** Whether reading ends with a failure that another attempt might mend. */
  readonly isFinal?: (failure: Error) => boolean;
}

/** Reading without a group: records are taken as they come, and leaders are looked up meanwhile whenever that is due. */
export class PolledFetcher {
  readonly metadata: TopicMetadata;
  readonly fetcher: Fetcher;
  private readonly wakeup = new Wakeup();
  private failure: Error | undefined;
  private nextLookUpMs = 0;
  private isLookingUp = false;
  private isClosed = false;

  constructor(
    private readonly client: KafkaClient,
    private readonly settings: ConsumerSettings,
    private readonly source: LookUp,
  ) {
    this.metadata = new TopicMetadata(client, settings.retryBackoffMs, settings.metadataMaxAgeMs);
    this.fetcher = new Fetcher(client, this.metadata, settings, (isDoubtful) => {
      if (isDoubtful) this.nextLookUpMs = 0;
      this.wakeup.wake();
    });
  }

  /** The next records of one partition, or undefined after so many milliseconds without any. Throws what ended it. */
  async poll(timeoutMs: number): Promise<Iterable<ConsumerRecord> | undefined> {
    const deadlineMs = Date.now() + timeoutMs;
    for (;;) {
      if (this.failure) throw this.failure;
      const records = this.fetcher.take();
      if (records) return records;
      const leftMs = deadlineMs - Date.now();
      if (leftMs <= 0 || this.isClosed) return undefined;
      this.lookUpIfDue();
      await this.wakeup.wait(Math.min(leftMs, Math.max(1, this.nextLookUpMs - Date.now())));
    }
  }

  private lookUpIfDue(): void {
    if (this.isLookingUp || Date.now() < this.nextLookUpMs) return;
    this.isLookingUp = true;
    this.lookUp()
      .catch((thrown: Error) => {
        const mayPass = thrown instanceof ToolError && !(thrown instanceof ServerError && !thrown.retriable);
        if (!mayPass || this.source.isFinal?.(thrown)) this.failure = thrown;
        this.nextLookUpMs = Date.now() + this.settings.retryBackoffMs;
      })
      .finally(() => {
        this.isLookingUp = false;
        this.wakeup.wake();
      });
  }

  private async lookUp(): Promise<void> {
    const { metadataMaxAgeMs, retryBackoffMs } = this.settings;
    const isThere = await this.source.lookUp();
    const isComplete = (await this.fetcher.advance()) && isThere;
    this.nextLookUpMs = Date.now() + (isComplete ? metadataMaxAgeMs : retryBackoffMs);
  }

  /** Stops fetching and closes all connections. */
  close(): void {
    this.isClosed = true;
    this.fetcher.close();
    this.client.close();
    this.wakeup.wake();
  }
}
