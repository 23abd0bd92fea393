import type { Admin } from '@odradek/tools/client/admin';
import type { Producer } from '@odradek/tools/client/producer';
import { ServerError, ToolError } from '@odradek/tools/tool-error';
import { ConnectError, traceOf } from '../errors';
import type { Logger } from '../log';
import type { ErrorReporter, Failure } from './error-handling';
import { createTopic, topicExists } from './topic-maker';

const PREFIX = '__connect.errors.';

/** Whose records these were, and where they go to. */
export interface DeadLetterSettings {
  readonly topic: string;
  readonly replicationFactor: number;
  readonly tellsWhy: boolean;
  readonly connector: string;
  readonly taskId: number;
}

/** Sends records that failed to a topic of their own, as they were read (DeadLetterQueueReporter). */
export class DeadLetterQueue implements ErrorReporter {
  constructor(
    private readonly producer: Producer,
    private readonly settings: DeadLetterSettings,
    private readonly log: Logger,
  ) {}

  /** Makes the topic where it is missing. Throws `ConnectError`. */
  async prepare(admin: Admin): Promise<void> {
    const { topic, replicationFactor } = this.settings;
    try {
      if (await topicExists(admin, topic)) return;
      this.log.error(`Topic ${topic} doesn't exist. Will attempt to create topic.`);
      await createTopic(admin, { name: topic, partitions: 1, replicationFactor, configs: new Map() });
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
      if (thrown instanceof ServerError && thrown.error === 'TOPIC_ALREADY_EXISTS') return;
      throw new ConnectError(`Could not initialize dead letter queue with topic=${topic}`, thrown);
    } finally {
      admin.close();
    }
  }

  async report(failure: Failure): Promise<void> {
    const { record } = failure;
    if ('sourcePartition' in record) return;
    const headers = [...record.headers, ...(this.settings.tellsWhy ? this.why(failure, record) : [])];
    const { key, value, timestamp } = record;
    const outgoing = {
      topic: this.settings.topic,
      key,
      value,
      headers,
      timestamp: timestamp < 0 ? Date.now() : timestamp,
    };
    const error = await new Promise<ToolError | undefined>((resolve) => {
      void this.producer.send(outgoing, resolve);
    });
    if (error) this.log.error(`Could not produce message to dead letter queue. topic=${this.settings.topic}`, error);
  }

  private why(
    { stage, className, error }: Failure,
    { topic, partition, offset }: { topic: string; partition: number; offset: number },
  ): { key: string; value: Buffer | null }[] {
    const entries: readonly (readonly [string, string | null])[] = [
      ['topic', topic],
      ['partition', String(partition)],
      ['offset', String(offset)],
      ['connector.name', this.settings.connector],
      ['task.id', String(this.settings.taskId)],
      ['stage', stage],
      ['class.name', className],
      ['exception.class.name', error.className],
      ['exception.message', error.line === error.className ? null : error.message],
      ['exception.stacktrace', traceOf(error)],
    ];
    return entries.map(([name, text]) => ({ key: PREFIX + name, value: text === null ? null : Buffer.from(text) }));
  }

  async close(): Promise<void> {
    await this.producer.close();
  }
}
