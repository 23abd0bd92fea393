import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { APIS } from '../messages';
import type { Codec } from '../schema/codegen';
import { ConsumerProtocolAssignment, ConsumerProtocolSubscription } from '../stored/consumer-protocol';
import { DefaultPrincipalData } from '../stored/default-principal';
import { GroupMetadataKey, GroupMetadataValue } from '../stored/group-metadata';
import { OffsetCommitKey, OffsetCommitValue } from '../stored/offset-commit';
import { TransactionLogKey, TransactionLogValue } from '../stored/transaction-log';
import { RequestHeader, ResponseHeader } from '../wire/headers';

/** The message vectors, made by Apache Kafka 3.9.1 (vectors/java/MessageVectors.java): for tests only. */
export interface Vector {
  readonly message: string;
  readonly version: number;
  readonly bytes: string;
  readonly value: Record<string, unknown>;
}

export const VECTORS: readonly Vector[] = gunzipSync(readFileSync(join(__dirname, '../../vectors/messages.ndjson.gz')))
  .toString('utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Vector);

const MESSAGES = [
  RequestHeader,
  ResponseHeader,
  OffsetCommitKey,
  OffsetCommitValue,
  GroupMetadataKey,
  GroupMetadataValue,
  TransactionLogKey,
  TransactionLogValue,
  ConsumerProtocolSubscription,
  ConsumerProtocolAssignment,
  DefaultPrincipalData,
];

/** Every message that we declare, by Kafka's name for it. */
export const DECLARED: ReadonlyMap<string, { from: number; to: number; codec(version: number): Codec }> = new Map([
  ...APIS.flatMap((api) => [
    [`${api.name}Request`, { ...api.range, codec: (version: number) => api.requestCodec(version) as Codec }] as const,
    [`${api.name}Response`, { ...api.range, codec: (version: number) => api.responseCodec(version) as Codec }] as const,
  ]),
  ...MESSAGES.map(
    (message) =>
      [message.name, { ...message.range, codec: (version: number) => message.codec(version) as Codec }] as const,
  ),
]);
