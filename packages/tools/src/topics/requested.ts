import { parseInteger } from '../java-integer';
import { warnOfMessageFormat } from '../message-format-warning';
import { type Io, println } from '../print';
import { commandFailed, illegalArgument, operationError } from '../tool-error';
import { validateTopicConfigs } from './topic-configs';

const MAX_REPLICATION_FACTOR = 32_767;

/** `0:1,1:2`: the replicas of each partition. Throws `ToolError` with TopicCommand's messages. */
export function parseReplicaAssignment(text: string): number[][] {
  const partitions = text.replace(/,+$/, '').split(',');
  const assignment: number[][] = [];
  for (const [index, entry] of partitions.entries()) {
    const replicas = entry
      .replace(/:+$/, '')
      .split(':')
      .map((replica) => parseInteger(replica.trim()));
    const duplicates = [...new Set(replicas.filter((id, at) => replicas.indexOf(id) !== at))];
    if (duplicates.length > 0) {
      throw commandFailed(`Partition replica lists may not contain duplicate entries: ${duplicates.join(',')}`);
    }
    assignment.push(replicas);
    if (replicas.length !== assignment[0]!.length) {
      throw operationError(`Partition ${index} has different replication factor: [${replicas.join(', ')}]`);
    }
  }
  return assignment;
}

/** `--config k=v` arguments. Throws `ToolError` where one is not of that form, or no config that a topic may have. */
export function parseTopicConfigs(pairs: readonly string[], io: Io): Map<string, string> {
  const configs = new Map<string, string>();
  for (const pair of pairs) {
    // Java's split drops empty strings at the end.
    const parts = pair.split(/\s*=\s*/);
    while (parts.length > 1 && parts.at(-1) === '') parts.pop();
    if (parts.length !== 2) {
      throw illegalArgument(
        'requirement failed: Invalid topic config: all configs to be added must be in the format "key=val".',
      );
    }
    configs.set(parts[0]!.trim(), parts[1]!.trim());
  }
  validateTopicConfigs(configs);
  warnOfMessageFormat(configs, io);
  return configs;
}

/** Says so where the name's metrics might be confused with another topic's. */
export function warnOfCollision(topic: string, io: Io): void {
  if (!/[._]/.test(topic)) return;
  println(
    io.stdout,
    "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. " +
      'To avoid issues it is best to use either, but not both.',
  );
}

export function checkCounts(partitions: number | undefined, replicationFactor: number | undefined): void {
  if (replicationFactor !== undefined && (replicationFactor > MAX_REPLICATION_FACTOR || replicationFactor < 1)) {
    throw illegalArgument(`The replication factor must be between 1 and ${MAX_REPLICATION_FACTOR} inclusive`);
  }
  if (partitions !== undefined && partitions < 1) throw illegalArgument('The partitions must be greater than 0');
}
