import { Fetch } from '@odradek/protocol/messages/fetch';
import { buildBatch } from './batches';
import { decodeResponse, encodeRequest, exchange } from './calls';
import type { FetchJob } from './job';
import type { Traffic } from './link';

const VERSION = 12;
const MAX_BYTES = 50 * 1024 * 1024;
/** Length, correlation id, no tags, throttle time. */
const ERROR_CODE_AT = 13;
/** Stands where an offset belongs, to be found in the encoded request. */
const MARK = 0x1234_5678_9abc;

export interface FetchTraffic extends Traffic {
  readonly recordsPerRequest: number;
  readonly bytesPerRequest: number;
  /** What every answer's size must be: whole batches of every partition. */
  readonly answerBytes: number;
}

/** Reads `partitions` of a filled topic from its start to its end, again and again, whole batches at a time. */
export async function fetchTraffic(
  job: FetchJob,
  partitions: readonly number[],
  filled: number,
): Promise<FetchTraffic> {
  const { topic, batch: shape, port } = job;
  const batchBytes = buildBatch(shape).length;
  const batches = Math.max(1, Math.floor(job.partitionMaxBytes / batchBytes));
  const partitionMaxBytes = batches * batchBytes;
  const request = encodeRequest(Fetch, VERSION, {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: MAX_BYTES,
    topics: [
      { topic, partitions: partitions.map((partition) => ({ partition, fetchOffset: MARK, partitionMaxBytes })) },
    ],
    forgottenTopicsData: [],
  });
  const offsetsAt = positionsOf(request);
  const recordsPerPartition = batches * shape.records;
  const turns = Math.floor((filled * shape.records) / recordsPerPartition);
  let turn = 0;
  const prepare = (): void => {
    for (const at of offsetsAt) request.writeBigInt64BE(BigInt(turn * recordsPerPartition), at);
    turn = (turn + 1) % turns;
  };
  prepare();
  const answer = await exchange(port, request);
  check(answer, partitionMaxBytes);
  return {
    ring: request,
    requestBytes: request.length,
    inFlight: 1,
    errorCodeAt: ERROR_CODE_AT,
    prepare,
    recordsPerRequest: recordsPerPartition * partitions.length,
    bytesPerRequest: partitionMaxBytes * partitions.length,
    answerBytes: answer.length,
  };
}

function positionsOf(request: Buffer): number[] {
  const mark = Buffer.alloc(8);
  mark.writeBigInt64BE(BigInt(MARK));
  const found: number[] = [];
  for (let at = request.indexOf(mark); at >= 0; at = request.indexOf(mark, at + 8)) found.push(at);
  return found;
}

function check(answer: Buffer, partitionMaxBytes: number): void {
  for (const { partitions } of decodeResponse(Fetch, VERSION, answer).responses) {
    for (const { partitionIndex, errorCode, records } of partitions) {
      if (errorCode === 0 && records?.length === partitionMaxBytes) continue;
      throw new Error(`partition ${partitionIndex} gives ${records?.length} bytes and error ${errorCode}`);
    }
  }
}
