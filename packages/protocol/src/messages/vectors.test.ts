import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Codec, encodeToBuffer } from '../schema/codegen';
import { ConsumerProtocolAssignment, ConsumerProtocolSubscription } from '../stored/consumer-protocol';
import { DefaultPrincipalData } from '../stored/default-principal';
import { GroupMetadataKey, GroupMetadataValue } from '../stored/group-metadata';
import { OffsetCommitKey, OffsetCommitValue } from '../stored/offset-commit';
import { TransactionLogKey, TransactionLogValue } from '../stored/transaction-log';
import { RequestHeader, ResponseHeader } from '../wire/headers';
import { Reader } from '../wire/reader';
import { APIS } from '.';

// Made by Apache Kafka 3.9.1: vectors/java/MessageVectors.java.
interface Vector {
  readonly message: string;
  readonly version: number;
  readonly bytes: string;
  readonly value: Record<string, unknown>;
}

const VECTORS: Vector[] = gunzipSync(readFileSync(join(__dirname, '../../vectors/messages.ndjson.gz')))
  .toString('utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Vector);

const RECORDS = Buffer.from('these bytes stand for record batches');

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
const declared = new Map<string, { from: number; to: number; codec(version: number): Codec }>();
for (const api of APIS) {
  declared.set(`${api.name}Request`, { ...api.range, codec: (version) => api.requestCodec(version) as Codec });
  declared.set(`${api.name}Response`, { ...api.range, codec: (version) => api.responseCodec(version) as Codec });
}
for (const message of MESSAGES) {
  declared.set(message.name, { ...message.range, codec: (version) => message.codec(version) as Codec });
}

/** What we decoded, in the shape of Kafka's JSON: only what that has, bytes as base64, record batches empty. */
function asJson(ours: unknown, theirs: unknown, key = ''): unknown {
  if (Buffer.isBuffer(ours)) return key === 'records' && ours.equals(RECORDS) ? '' : ours.toString('base64');
  if (Array.isArray(ours) && Array.isArray(theirs)) return ours.map((item, index) => asJson(item, theirs[index]));
  if (ours === null || typeof ours !== 'object' || theirs === null || typeof theirs !== 'object') return ours;
  return Object.fromEntries(
    Object.entries(theirs).map(([name, value]) => [name, asJson((ours as Record<string, unknown>)[name], value, name)]),
  );
}

describe('vectors of Apache Kafka', () => {
  test('cover every version of every message that we declare', () => {
    const covered = new Set(VECTORS.map(({ message, version }) => `${message} ${version}`));
    const missing: string[] = [];
    for (const [name, { from, to }] of declared) {
      for (let version = from; version <= to; version++) {
        if (!covered.has(`${name} ${version}`)) missing.push(`${name} ${version}`);
      }
    }
    expect(missing).toEqual([]);
    expect([...new Set(VECTORS.map(({ message }) => message))].filter((name) => !declared.has(name))).toEqual([]);
  });

  test.each([...declared.keys()])('%s decodes to the same values and encodes to the same bytes', (name) => {
    for (const { version, bytes, value } of VECTORS.filter(({ message }) => message === name)) {
      const codec = declared.get(name)!.codec(version);
      const reader = new Reader(Buffer.from(bytes, 'base64'));
      const decoded = codec.decode(reader);
      expect({ version, left: reader.remaining, value: asJson(decoded, value) }).toEqual({ version, left: 0, value });
      expect({ version, bytes: encodeToBuffer(codec, decoded).toString('base64') }).toEqual({ version, bytes });
    }
  });
});
