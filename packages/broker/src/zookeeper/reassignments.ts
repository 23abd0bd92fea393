import { ANY_VERSION, guarded, isZooKeeperError, onCode, readIfExists } from './operations';
import type { ZooKeeperClient } from './session';
import {
  paths,
  ReassignPartitionsZNode,
  type ReplicaAssignment,
  type TopicAssignment,
  type TopicPartition,
  TopicZNode,
} from './znodes';

/** A partition's replicas to be, as `/admin/reassign_partitions` asks for them. */
export type ReassignmentTarget = TopicPartition & { readonly replicas: readonly number[] };

/** Moves of replicas: those that topics' nodes show, and those that tools before 3.0 ask for in a node of its own. */
export class Reassignments {
  constructor(private readonly client: ZooKeeperClient) {}

  /** Whether somebody asks. Sets the watch, also where nobody does. */
  async isRequested(): Promise<boolean> {
    return (await this.client.exists(paths.reassignPartitions)) !== null;
  }

  /** Null where nobody asks. Throws `ZNodeFormatError` where the content is not JSON: warn, and take it for empty. */
  async requests(): Promise<ReassignmentTarget[] | null> {
    const found = await readIfExists(this.client, paths.reassignPartitions);
    return found && ReassignPartitionsZNode.decode(found.data);
  }

  async setRequests(targets: readonly ReassignmentTarget[], epochZkVersion: number): Promise<void> {
    const data = ReassignPartitionsZNode.encode(targets);
    const path = paths.reassignPartitions;
    try {
      await guarded(this.client, epochZkVersion, { type: 'set', path, data, version: ANY_VERSION });
    } catch (error) {
      if (!isZooKeeperError(error, 'NO_NODE')) throw error;
      await guarded(this.client, epochZkVersion, { type: 'create', path, data, mode: 'persistent' });
    }
  }

  async deleteRequests(epochZkVersion: number): Promise<void> {
    const path = paths.reassignPartitions;
    await guarded(this.client, epochZkVersion, { type: 'delete', path, version: ANY_VERSION }).catch(
      onCode('NO_NODE', null),
    );
  }

  /**
   * Writes the assignments of some of a topic's partitions. The others stay as they are in the node: partitions may have
   * been added to it that the controller has not seen yet. Throws NO_NODE where there is no such topic.
   */
  async setAssignments(
    topic: string,
    topicId: string,
    changed: ReadonlyMap<number, ReplicaAssignment>,
    epochZkVersion: number,
  ): Promise<void> {
    const path = paths.topic(topic);
    for (;;) {
      const { data, stat } = await this.client.getData(path);
      const partitions: TopicAssignment['partitions'] = new Map([
        ...TopicZNode.decode(topic, data).partitions,
        ...changed,
      ]);
      const written = { type: 'set', path, data: TopicZNode.encode({ topicId, partitions }) } as const;
      try {
        await guarded(this.client, epochZkVersion, { ...written, version: stat.version });
        return;
      } catch (error) {
        if (!isZooKeeperError(error, 'BAD_VERSION')) throw error;
      }
    }
  }
}
