/** A map by topic and partition. */
export class TopicPartitions<Value> {
  private readonly topics = new Map<string, Map<number, Value>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(topic: string, partition: number): Value | undefined {
    return this.topics.get(topic)?.get(partition);
  }

  set(topic: string, partition: number, value: Value): void {
    let partitions = this.topics.get(topic);
    if (partitions === undefined) {
      partitions = new Map();
      this.topics.set(topic, partitions);
    }
    const before = partitions.size;
    partitions.set(partition, value);
    this.count += partitions.size - before;
  }

  delete(topic: string, partition: number): boolean {
    const partitions = this.topics.get(topic);
    if (partitions === undefined || !partitions.delete(partition)) return false;
    if (partitions.size === 0) this.topics.delete(topic);
    this.count--;
    return true;
  }

  *[Symbol.iterator](): Generator<[topic: string, partition: number, value: Value]> {
    for (const [topic, partitions] of this.topics) {
      for (const [partition, value] of partitions) yield [topic, partition, value];
    }
  }
}
