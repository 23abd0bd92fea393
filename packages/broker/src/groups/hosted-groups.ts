import { PartitionLoading } from '../replication/partition-loading';
import type { LeadershipListener } from '../replication/partition-writer';
import { Group } from './group';
import type { GroupShell } from './group-shell';
import type { GroupSettings } from './group-types';
import { GroupOffsets } from './offsets';
import { GROUP_OFFSETS_TOPIC, parseGroupValue } from './records';
import { Replay, type ReplayedGroup } from './replay';
import { moved, RunningGroup } from './running-group';

/** A partition of `__consumer_offsets` that this broker leads. */
interface Hosted {
  readonly partition: number;
  isLoaded: boolean;
  readonly groups: Map<string, RunningGroup>;
  /** Groups with offsets of open transactions, by producer. */
  readonly transactional: Map<number, Set<RunningGroup>>;
}

function noteProducer({ transactional }: Hosted, producerId: number, group: RunningGroup): void {
  const groups = transactional.get(producerId);
  if (groups === undefined) transactional.set(producerId, new Set([group]));
  else groups.add(group);
}

/**
 * The groups in the partitions of `__consumer_offsets` that this broker leads: read back when it comes to lead one,
 * given up when it ceases to (the partitions' half of GroupMetadataManager).
 */
export class HostedGroups implements LeadershipListener {
  private readonly hosted = new Map<number, Hosted>();
  /** The latest leader epoch that was heard of: what comes late changes nothing. */
  private readonly epochs = new Map<number, number>();
  private readonly loading: PartitionLoading<Replay>;
  private isStopped = false;

  constructor(private readonly shell: GroupShell) {
    const { writer, clock, logger, values } = shell;
    this.loading = new PartitionLoading({
      topic: GROUP_OFFSETS_TOPIC,
      writer,
      clock,
      bufferBytes: values.offsetsLoadBufferSize,
      newReplay: () => new Replay(),
      failed: (partition, error) =>
        logger.error(`Error loading offsets from ${GROUP_OFFSETS_TOPIC}-${partition}: ${error.message}`, { error }),
    });
  }

  /** Whether any partition's groups are still being read. */
  get isLoading(): boolean {
    for (const { isLoaded } of this.hosted.values()) if (!isLoaded) return true;
    return false;
  }

  /** Whether the partition's groups are known, are being read, or are another broker's. */
  statusOf(partition: number): 'loaded' | 'loading' | 'elsewhere' {
    const hosted = this.hosted.get(partition);
    if (hosted === undefined) return 'elsewhere';
    return hosted.isLoaded ? 'loaded' : 'loading';
  }

  find(partition: number, groupId: string): RunningGroup | undefined {
    return this.hosted.get(partition)?.groups.get(groupId);
  }

  *groups(): Generator<RunningGroup> {
    for (const { groups } of this.hosted.values()) yield* groups.values();
  }

  /** A new group, in a partition that is loaded. */
  create(partition: number, groupId: string): RunningGroup {
    const group = new RunningGroup(partition, this.newCore(groupId, partition), new GroupOffsets(), this.shell);
    this.hosted.get(partition)!.groups.set(groupId, group);
    return group;
  }

  /** A group has died. */
  remove({ partition, groupId }: RunningGroup): void {
    this.hosted.get(partition)?.groups.delete(groupId);
  }

  /** The producer's open transaction may bring offsets to the group. */
  noteProducer(producerId: number, group: RunningGroup): void {
    noteProducer(this.hosted.get(group.partition)!, producerId, group);
  }

  /**
   * The producer's transaction has ended, and its marker counts in this partition. While that is loaded nothing is to be
   * done: the marker will be read, too.
   */
  completeTransaction(partition: number, producerId: number, isCommit: boolean): void {
    const hosted = this.hosted.get(partition);
    const groups = hosted?.transactional.get(producerId);
    if (hosted === undefined || groups === undefined) return;
    hosted.transactional.delete(producerId);
    for (const group of groups) {
      // One of the same name may have taken a dead one's place.
      if (group.core.state !== 'Dead') group.offsets.completeTransaction(producerId, isCommit);
    }
  }

  elected(partition: number, leaderEpoch: number): void {
    if (leaderEpoch < (this.epochs.get(partition) ?? leaderEpoch)) {
      this.shell.logger.info(
        `Not loading offsets and group metadata for ${GROUP_OFFSETS_TOPIC}-${partition} in epoch ${leaderEpoch} since current epoch is ${this.epochs.get(partition)}`,
      );
      return;
    }
    this.epochs.set(partition, leaderEpoch);
    if (this.isStopped || this.hosted.has(partition)) return;
    const hosted: Hosted = { partition, isLoaded: false, groups: new Map(), transactional: new Map() };
    this.hosted.set(partition, hosted);
    const startMs = this.shell.clock.monotonicMs();
    this.loading.start(partition, (replay) => this.loaded(hosted, replay, startMs));
  }

  private loaded(hosted: Hosted, replay: Replay, startMs: number): void {
    const { partition } = hosted;
    const { groups, recordCount } = replay;
    this.tellOfLosses(partition, replay);
    for (const [groupId, replayed] of groups) {
      if (replayed.metadata === null && replayed.offsets.isEmpty) continue;
      const group = this.groupOf(groupId, partition, replayed);
      hosted.groups.set(groupId, group);
      for (const producerId of replayed.offsets.producers()) noteProducer(hosted, producerId, group);
    }
    hosted.isLoaded = true;
    const durationMs = Math.round(this.shell.clock.monotonicMs() - startMs);
    const level = recordCount > 0 ? 'info' : 'debug';
    this.shell.logger[level](
      `Finished loading offsets and group metadata from ${GROUP_OFFSETS_TOPIC}-${partition} in ${durationMs} milliseconds for epoch ${this.epochs.get(partition)}`,
      { partition, groups: hosted.groups.size, records: recordCount, durationMs },
    );
    for (const group of hosted.groups.values()) group.run(group.core.loaded(this.shell.steadyMs()));
  }

  private tellOfLosses(partition: number, { unknownKeys, damaged }: Replay): void {
    const { logger } = this.shell;
    const name = `${GROUP_OFFSETS_TOPIC}-${partition}`;
    for (const [version, count] of unknownKeys) {
      logger.warn(
        `Unknown message key with version ${version} while loading offsets and group metadata from ${name}. Ignoring ${count} of them. It could be a left over from an aborted upgrade.`,
      );
    }
    for (const { offset, reason } of damaged) {
      logger.error(`The record at offset ${offset} of ${name} cannot be read and is left out: ${reason}`);
    }
  }

  private groupOf(groupId: string, partition: number, { metadata, offsets }: ReplayedGroup): RunningGroup {
    if (metadata === null) return new RunningGroup(partition, this.newCore(groupId, partition), offsets, this.shell);
    try {
      const value = moved(parseGroupValue(metadata), -this.shell.jumpMs);
      const core = Group.fromRecord(groupId, value, this.settingsOf(partition), this.shell.steadyMs());
      return new RunningGroup(partition, core, offsets, this.shell);
    } catch (error) {
      this.shell.logger.error(
        `The record of group ${groupId} cannot be read, its members have to join again: ${(error as Error).message}`,
      );
      return new RunningGroup(partition, this.newCore(groupId, partition), offsets, this.shell);
    }
  }

  resigned(partition: number, leaderEpoch: number | null): void {
    const current = this.epochs.get(partition);
    if (leaderEpoch !== null && current !== undefined && leaderEpoch < current) return;
    // A topic that is deleted and made again begins with epoch 0.
    if (leaderEpoch === null) this.epochs.delete(partition);
    else this.epochs.set(partition, leaderEpoch);
    const hosted = this.hosted.get(partition);
    if (hosted === undefined) return;
    this.hosted.delete(partition);
    this.loading.cancel(partition);
    let offsetCount = 0;
    for (const group of hosted.groups.values()) {
      offsetCount += group.offsets.size;
      group.unload();
    }
    this.shell.logger[hosted.groups.size > 0 ? 'info' : 'debug'](
      `Finished unloading ${GROUP_OFFSETS_TOPIC}-${partition} for coordinator epoch ${leaderEpoch ?? current}. Removed ${offsetCount} cached offsets and ${hosted.groups.size} cached groups.`,
    );
  }

  /** Gives all groups up, and takes none any more. */
  stop(): void {
    this.isStopped = true;
    for (const partition of [...this.hosted.keys()]) this.resigned(partition, null);
  }

  private newCore(groupId: string, partition: number): Group {
    return new Group(groupId, this.settingsOf(partition), this.shell.steadyMs());
  }

  private settingsOf(partition: number): GroupSettings {
    const { groupInitialRebalanceDelayMs: initialRebalanceDelayMs, groupMaxSize: maxSize } = this.shell.values;
    return { partition, initialRebalanceDelayMs, maxSize };
  }
}
