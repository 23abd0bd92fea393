import { KafkaError } from '@odradek/protocol/errors';
import type { Produce } from '@odradek/protocol/messages/produce';
import { compressionAt, isTransactionalAt, magicAt, wholeBatchSizeAt } from '@odradek/protocol/records/batch';
import type { RequestOf } from '@odradek/protocol/schema/api';

/** What a produce request says, and whether it may. */
export type ProduceRequest = RequestOf<typeof Produce>;
export type PartitionData = ProduceRequest['topicData'][number]['partitionData'][number];

/** Throws `KafkaError` where records break the rules of the request's version (ProduceRequest.validateRecords). */
export function checkRecords(version: number, records: Buffer | null): asserts records is Buffer {
  if (version < 3) {
    if (records === null) throw new KafkaError('INVALID_RECORD');
    return;
  }
  const size = records === null ? 0 : wholeBatchSizeAt(records, 0, records.length);
  if (records === null || size === 0) {
    throw new KafkaError(
      'INVALID_RECORD',
      `Produce requests with version ${version} must have at least one record batch per partition`,
    );
  }
  if (magicAt(records, 0) !== 2) {
    throw new KafkaError(
      'INVALID_RECORD',
      `Produce requests with version ${version} are only allowed to contain record batches with magic version 2`,
    );
  }
  if (version < 7 && compressionAt(records, 0) === 'zstd') {
    throw new KafkaError(
      'UNSUPPORTED_COMPRESSION_TYPE',
      `Produce requests with version ${version} are not allowed to use ZStandard compression`,
    );
  }
  if (wholeBatchSizeAt(records, size, records.length) > 0) {
    throw new KafkaError(
      'INVALID_RECORD',
      `Produce requests with version ${version} are only allowed to contain exactly one record batch per partition`,
    );
  }
}

/** Whether the records will get as far as the log. */
export function areSound(version: number, records: Buffer | null): records is Buffer {
  try {
    checkRecords(version, records);
    return true;
  } catch (error) {
    if (error instanceof KafkaError) return false;
    throw error;
  }
}

/** A request whose records outlive the frame that they came in. */
export function copyOf(request: ProduceRequest): ProduceRequest {
  return {
    ...request,
    topicData: request.topicData.map(({ name, partitionData }) => ({
      name,
      partitionData: partitionData.map(({ index, records }) => ({
        index,
        records: records === null ? null : Buffer.from(records),
      })),
    })),
  };
}

/** What waits for its answer keeps no memory that nobody accounts for (ProduceRequest.clearPartitionRecords). */
export function forgetRecords({ topicData }: ProduceRequest): void {
  for (const { partitionData } of topicData) for (const data of partitionData) data.records = null;
}

/** Throws CORRUPT_MESSAGE for the whole request where a first batch's length or magic is impossible. */
export function isTransactional(request: ProduceRequest): boolean {
  for (const { partitionData } of request.topicData) {
    for (const { records } of partitionData) {
      if (records !== null && wholeBatchSizeAt(records, 0) > 0 && isTransactionalAt(records, 0)) return true;
    }
  }
  return false;
}

/** A partition that is there more than once counts as it is there last. */
export function lastOfEach(partitionData: PartitionData[]): PartitionData[] {
  if (partitionData.length === 1) return partitionData;
  const byIndex = new Map(partitionData.map((data) => [data.index, data]));
  return byIndex.size === partitionData.length ? partitionData : [...byIndex.values()];
}
