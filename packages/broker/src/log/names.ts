/** Names of files and folders of a log (org.apache.kafka.storage.internals.log.LogFileUtils, kafka.log.LocalLog). */
export const LOG_SUFFIX = '.log';
export const INDEX_SUFFIX = '.index';
export const TIME_INDEX_SUFFIX = '.timeindex';
export const TXN_INDEX_SUFFIX = '.txnindex';
export const SNAPSHOT_SUFFIX = '.snapshot';
export const DELETED_SUFFIX = '.deleted';
export const CLEANED_SUFFIX = '.cleaned';
export const SWAP_SUFFIX = '.swap';
export const SEGMENT_SUFFIXES = [LOG_SUFFIX, INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX] as const;

/** The longest name that file systems take. */
const MAX_NAME_LENGTH = 255;
/** Of what makes the name of a folder that is to go, or to come, its own. */
export const UNIQUE_BYTES = 16;
const DELETE_OR_STRAY_OR_FUTURE = /^(.+)-(\d+)\.([^.]+)-(delete|stray|future)$/;
const PLAIN = /^(.+)-(\d+)$/;

export interface PartitionFolder {
  readonly topic: string;
  readonly partition: number;
  readonly kind: 'current' | 'delete' | 'stray' | 'future';
}

/** An offset as 20 digits: what the names of a segment's files begin with. */
export function offsetName(offset: number): string {
  return String(offset).padStart(20, '0');
}

/** The offset that a file name of the form `<20 digits><suffix>` begins with, or null. */
export function offsetOfFile(name: string): number | null {
  const match = /^(\d{1,20})\./.exec(name);
  return match === null ? null : Number(match[1]);
}

export function partitionFolderName(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/** What a folder below a log dir is, or null where its name is not one that Kafka gives. */
export function parsePartitionFolder(name: string): PartitionFolder | null {
  const marked = DELETE_OR_STRAY_OR_FUTURE.exec(name);
  if (marked !== null) {
    return { topic: marked[1]!, partition: Number(marked[2]), kind: marked[4] as PartitionFolder['kind'] };
  }
  const plain = PLAIN.exec(name);
  return plain === null ? null : { topic: plain[1]!, partition: Number(plain[2]), kind: 'current' };
}

/** `topic-N.<32 hexadecimal digits>-delete`, the topic cut so that a file system takes the name. */
export function deleteFolderName(topic: string, partition: number, unique: Buffer): string {
  const rest = `-${partition}.${unique.toString('hex')}-delete`;
  return topic.slice(0, MAX_NAME_LENGTH - rest.length) + rest;
}

/** `topic-N.<32 hexadecimal digits>-future`: a copy in the making. Never cut: with a topic that is too long it is refused. */
export function futureFolderName(topic: string, partition: number, unique: Buffer): string {
  return `${topic}-${partition}.${unique.toString('hex')}-future`;
}

/** Whether a partition's log cannot be moved, since its copy's name would be too long for file systems. */
export function isFutureNameTooLong(topic: string, partition: number): boolean {
  return futureFolderName(topic, partition, Buffer.alloc(UNIQUE_BYTES)).length > MAX_NAME_LENGTH;
}
