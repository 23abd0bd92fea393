import type { MetadataCache } from '../cluster/metadata-cache';
import type { OffsetCommit } from '../groups/offsets';

interface CommittedTopic<Partition> {
  readonly name: string;
  readonly partitions: Partition[];
}

/**
 * The topics and partitions of a commit that exist, named by the one string that the metadata has for a topic. `missing`
 * hears of each partition that does not, and of a topic without any by null.
 */
export function existing<Partition extends { readonly partitionIndex: number }>(
  { image }: MetadataCache,
  topics: readonly CommittedTopic<Partition>[],
  missing: (topic: string, partition: Partition | null) => void,
): CommittedTopic<Partition>[] {
  const valid: CommittedTopic<Partition>[] = [];
  for (const { name, partitions } of topics) {
    const known = image.topics.get(name);
    if (known === undefined) missing(name, null);
    const isKnown = ({ partitionIndex }: Partition) => known?.partitions.has(partitionIndex) === true;
    for (const partition of partitions) {
      if (!isKnown(partition)) missing(name, partition);
    }
    const rest = partitions.filter(isKnown);
    if (known !== undefined && rest.length > 0) valid.push({ name: known.name, partitions: rest });
  }
  return valid;
}

/** A partition that is there more than once counts as it is there last. */
export function lastOfEach(commits: OffsetCommit[]): OffsetCommit[] {
  if (isAscending(commits)) return commits;
  const byPartition = new Map(commits.map((commit) => [`${commit.topic}-${commit.partition}`, commit]));
  return byPartition.size === commits.length ? commits : [...byPartition.values()];
}

/** One topic's partitions in order, as clients send them: none is there twice. */
function isAscending(commits: readonly OffsetCommit[]): boolean {
  for (let index = 1; index < commits.length; index++) {
    const [before, commit] = [commits[index - 1]!, commits[index]!];
    if (commit.topic !== before.topic || commit.partition <= before.partition) return false;
  }
  return true;
}
