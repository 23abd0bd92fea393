import { Fetch } from '@odradek/protocol/messages/fetch';
import { decodeResponse, encodeRequest, exchange } from './calls';
import type { Traffic } from './link';

const VERSION = 12;
const MAX_BYTES = 50 * 1024 * 1024;
/** Length, correlation id, no tags, throttle time. */
const ERROR_CODE_AT = 13;
const READ_COMMITTED = 1;
/** Stands where an offset belongs, to be found in the encoded request. */
const MARK = 0x1234_5678_9abc;

export interface FetchTraffic extends Traffic {
  readonly recordsPerRequest: number;
  readonly bytesPerRequest: number;
  /** What every answer's size must be, but for lists of aborted transactions: whole batches of every partition. */
  readonly answerBytes: number;
}

/** Equal parts of each partition's log, each of whole batches; one request reads one of each partition. */
export interface Pieces {
  readonly bytes: number;
  readonly offsets: number;
  readonly count: number;
}

/** Reads `partitions` of a filled topic from its start to its end, again and again, a piece at a time. */
export async function fetchTraffic(
  {
    topic,
    port,
    isCommitted = false,
  }: { readonly topic: string; readonly port: number; readonly isCommitted?: boolean },
  partitions: readonly number[],
  pieces: Pieces,
): Promise<FetchTraffic> {
  const partitionMaxBytes = pieces.bytes;
  const request = encodeRequest(Fetch, VERSION, {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: MAX_BYTES,
    isolationLevel: isCommitted ? READ_COMMITTED : 0,
    topics: [
      { topic, partitions: partitions.map((partition) => ({ partition, fetchOffset: MARK, partitionMaxBytes })) },
    ],
    forgottenTopicsData: [],
  });
  const offsetsAt = positionsOf(request);
  let turn = 0;
  const prepare = (): void => {
    for (const at of offsetsAt) request.writeBigInt64BE(BigInt(turn * pieces.offsets), at);
    turn = (turn + 1) % pieces.count;
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
    recordsPerRequest: pieces.offsets * partitions.length,
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
