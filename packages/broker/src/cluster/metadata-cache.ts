import type { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { type Clock, deadline, type Timer } from '../env/clock';
import {
  applyUpdate,
  EMPTY_IMAGE,
  type MetadataImage,
  NO_LEADER,
  type PartitionMetadata,
  type TopicPartition,
} from './metadata';

interface Waiter {
  readonly holds: (image: MetadataImage) => boolean;
  readonly resolve: (held: boolean) => void;
  readonly timer: Timer;
}

/**
 * The current image and those who wait for it to change. It is filled by UpdateMetadata requests alone: a broker
 * believes its controller, not ZooKeeper.
 */
export class MetadataCache {
  private current: MetadataImage = EMPTY_IMAGE;
  private readonly waiters = new Set<Waiter>();
  private readonly listeners = new Set<(image: MetadataImage) => void>();

  constructor(private readonly clock: Clock) {}

  get image(): MetadataImage {
    return this.current;
  }

  partition(topic: string, partition: number): PartitionMetadata | undefined {
    return this.current.topics.get(topic)?.partitions.get(partition);
  }

  contains(topic: string, partition: number): boolean {
    return this.partition(topic, partition) !== undefined;
  }

  /** Takes an update in and returns the partitions that it deleted. */
  update(request: RequestOf<typeof UpdateMetadata>): TopicPartition[] {
    const { image, deleted } = applyUpdate(this.current, request);
    this.current = image;
    for (const listener of [...this.listeners]) listener(image);
    for (const waiter of [...this.waiters]) {
      if (waiter.holds(image)) this.settle(waiter, true);
    }
    return deleted;
  }

  /** Calls `listener` with every new image, in the turn in which it comes. Returns how to stop that. */
  onUpdate(listener: (image: MetadataImage) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves to true as soon as `holds` is true of the image, to false after `timeoutMs`. */
  waitUntil(holds: (image: MetadataImage) => boolean, timeoutMs: number): Promise<boolean> {
    if (holds(this.current)) return Promise.resolve(true);
    if (timeoutMs <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = deadline(this.clock, timeoutMs, () => this.settle(waiter, false));
      const waiter: Waiter = { holds, resolve, timer };
      this.waiters.add(waiter);
    });
  }

  private settle(waiter: Waiter, held: boolean): void {
    this.waiters.delete(waiter);
    waiter.timer.cancel();
    waiter.resolve(held);
  }
}

/** Whether every one of the topic's first `count` partitions has a leader. */
export function hasLeaders(image: MetadataImage, topic: string, count: number): boolean {
  const partitions = image.topics.get(topic)?.partitions;
  if (!partitions) return false;
  for (let index = 0; index < count; index++) {
    const partition = partitions.get(index);
    if (!partition || partition.leader <= NO_LEADER) return false;
  }
  return true;
}
