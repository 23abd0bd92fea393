import type { Consumer, Kafka, Producer } from 'kafkajs';

/** A producer that never stops, and a group that reads when it is let. */
export class Load {
  private isOver = false;
  private running: Promise<void> | undefined;
  private readonly producer: Producer;
  private readonly consumer: Consumer;

  constructor(
    kafka: Kafka,
    private readonly topic: string,
    groupId: string,
  ) {
    this.producer = kafka.producer();
    // kafkajs forgets that it has been told to disconnect where it is just starting its consumer anew.
    const restartOnFailure = async (): Promise<boolean> => !this.isOver;
    this.consumer = kafka.consumer({ groupId, sessionTimeout: 30_000, retry: { restartOnFailure } });
  }

  async start(): Promise<void> {
    await this.producer.connect();
    await this.consumer.connect();
    await this.consumer.subscribe({ topic: this.topic, fromBeginning: true });
    await this.consumer.run({ autoCommitInterval: 100, eachBatch: async () => {} });
    this.running = this.produce();
  }

  /** The group reads no more, and lags. */
  hold(): void {
    this.consumer.pause([{ topic: this.topic }]);
  }

  release(): void {
    this.consumer.resume([{ topic: this.topic }]);
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.running;
    await this.consumer.disconnect();
    await this.producer.disconnect();
  }

  private async produce(): Promise<void> {
    for (let n = 0; !this.isOver; n++) {
      const messages = Array.from({ length: 10 }, (_, i) => ({
        key: `customer-${(n * 10 + i) % 50}`,
        value: JSON.stringify({ order: n * 10 + i, total: 12.5 }),
      }));
      // While a broker is gone some are refused for good: the load goes on.
      await this.producer.send({ topic: this.topic, messages }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
