import { type Hosted, HostedPartitions } from '../replication/hosted-partitions';
import type { LeadershipListener } from '../replication/partition-writer';
import { tellOfLosses } from '../replication/replay-losses';
import { Group } from './group';
import type { GroupShell } from './group-shell';
import type { GroupSettings } from './group-types';
import { GroupOffsets } from './offsets';
import { GROUP_OFFSETS_TOPIC, parseGroupValue } from './records';
import { Replay, type ReplayedGroup } from './replay';
import { moved, RunningGroup } from './running-group';

/** A partition of `__consumer_offsets` that this broker leads. */
interface GroupsPartition extends Hosted {
  readonly groups: Map<string, RunningGroup>;
  /** Groups with offsets of open transactions, by producer. */
  readonly transactional: Map<number, Set<RunningGroup>>;
}

const nameOf = (partition: number): string => `${GROUP_OFFSETS_TOPIC}-${partition}`;

function noteProducer({ transactional }: GroupsPartition, producerId: number, group: RunningGroup): void {
  const groups = transactional.get(producerId);
  if (groups === undefined) transactional.set(producerId, new Set([group]));
  else groups.add(group);
}

/**
 * The groups in the partitions of `__consumer_offsets` that this broker leads: read back when it comes to lead one,
 * given up when it ceases to (the partitions' half of GroupMetadataManager).
 */
export class HostedGroups implements LeadershipListener {
  private readonly hosted: HostedPartitions<GroupsPartition, Replay>;

  constructor(private readonly shell: GroupShell) {
    const { writer, clock, logger, values } = shell;
    this.hosted = new HostedPartitions(
      {
        topic: GROUP_OFFSETS_TOPIC,
        writer,
        clock,
        bufferBytes: values.offsetsLoadBufferSize,
        newReplay: () => new Replay(),
        failed: (partition, error) =>
          logger.error(`Error loading offsets from ${nameOf(partition)}: ${error.message}`, { error }),
      },
      {
        hold: (partition) => ({ partition, isLoaded: false, groups: new Map(), transactional: new Map() }),
        loaded: (hosted, replay, startMs) => this.loaded(hosted, replay, startMs),
        gaveUp: (hosted, leaderEpoch) => this.gaveUp(hosted, leaderEpoch),
        tooLate: (partition, leaderEpoch, currentEpoch) =>
          logger.info(
            `Not loading offsets and group metadata for ${nameOf(partition)} in epoch ${leaderEpoch} since current epoch is ${currentEpoch}`,
          ),
      },
    );
  }

  /** Whether any partition's groups are still being read. */
  get isLoading(): boolean {
    return this.hosted.isLoading;
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
    for (const { groups } of this.hosted.all()) yield* groups.values();
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
    this.hosted.elected(partition, leaderEpoch);
  }

  resigned(partition: number, leaderEpoch: number | null): void {
    this.hosted.resigned(partition, leaderEpoch);
  }

  /** Gives all groups up, and takes none any more. */
  stop(): void {
    this.hosted.stop();
  }

  private loaded(hosted: GroupsPartition, replay: Replay, startMs: number): void {
    const { partition } = hosted;
    const { groups, recordCount } = replay;
    tellOfLosses(this.shell.logger, nameOf(partition), 'offsets and group metadata', replay);
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
      `Finished loading offsets and group metadata from ${nameOf(partition)} in ${durationMs} milliseconds for epoch ${this.hosted.epochOf(partition)}`,
      { partition, groups: hosted.groups.size, records: recordCount, durationMs },
    );
    for (const group of hosted.groups.values()) group.run(group.core.loaded(this.shell.steadyMs()));
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

  private gaveUp({ partition, groups }: GroupsPartition, leaderEpoch: number | undefined): void {
    let offsetCount = 0;
    for (const group of groups.values()) {
      offsetCount += group.offsets.size;
      group.unload();
    }
    this.shell.logger[groups.size > 0 ? 'info' : 'debug'](
      `Finished unloading ${nameOf(partition)} for coordinator epoch ${leaderEpoch}. Removed ${offsetCount} cached offsets and ${groups.size} cached groups.`,
    );
  }

  private newCore(groupId: string, partition: number): Group {
    return new Group(groupId, this.settingsOf(partition), this.shell.steadyMs());
  }

  private settingsOf(partition: number): GroupSettings {
    const { groupInitialRebalanceDelayMs: initialRebalanceDelayMs, groupMaxSize: maxSize } = this.shell.values;
    return { partition, initialRebalanceDelayMs, maxSize };
  }
}
