import { Fetch } from '@odradek/protocol/messages/fetch';
import type { Both, SendOptions } from '../both';

export const TIMEOUT_MS = 5000;

/** A request that appends to one partition. */
export function toPartition(
  name: string,
  records: Buffer | null,
  {
    acks = 1,
    index = 0,
    transactionalId = null,
  }: { acks?: number; index?: number; transactionalId?: string | null } = {},
) {
  return {
    ...(transactionalId !== null && { transactionalId }),
    acks,
    timeoutMs: TIMEOUT_MS,
    topicData: [{ name, partitionData: [{ index, records }] }],
  };
}

/** What is stored, from the log's start on. */
export async function readBack(both: Both, topic: string, options: SendOptions = {}, partition = 0): Promise<void> {
  const wish = { partition, fetchOffset: 0, partitionMaxBytes: 1 << 24 };
  const request = {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1 << 24,
    topics: [{ topic, partitions: [wish] }],
    forgottenTopicsData: [],
  };
  await both.send(Fetch, 11, request, { note: `what ${topic} holds`, ...options });
}
