import type { Disk } from '../env/disk';

export const PARTITION_METADATA = 'partition.metadata';

/** The topic id in a partition's folder, or null where there is none or it cannot be read. */
export function readPartitionMetadata(disk: Disk, folder: string): string | null {
  const content = disk.readFile(`${folder}/${PARTITION_METADATA}`)?.toString('utf8') ?? '';
  const fields = /^version: ?(\d+)\s+topic_id: ?([\w-]{22})\s*$/.exec(content);
  return fields !== null && fields[1] === '0' ? fields[2]! : null;
}

/** No newline at the end: that is how Apache writes it (PartitionMetadataFile). A lost id comes back with LeaderAndIsr. */
export function writePartitionMetadata(disk: Disk, folder: string, topicId: string): void {
  disk.replaceFile(`${folder}/${PARTITION_METADATA}`, `version: 0\ntopic_id: ${topicId}`, 'unflushed');
}
