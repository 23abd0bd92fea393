import { encodeToBuffer } from '../schema/codegen';
import { DECLARED, VECTORS } from '../testing/message-vectors';
import { Reader } from '../wire/reader';

const RECORDS = Buffer.from('these bytes stand for record batches');

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
    for (const [name, { from, to }] of DECLARED) {
      for (let version = from; version <= to; version++) {
        if (!covered.has(`${name} ${version}`)) missing.push(`${name} ${version}`);
      }
    }
    expect(missing).toEqual([]);
    expect([...new Set(VECTORS.map(({ message }) => message))].filter((name) => !DECLARED.has(name))).toEqual([]);
  });

  test.each([...DECLARED.keys()])('%s decodes to the same values and encodes to the same bytes', (name) => {
    for (const { version, bytes, value } of VECTORS.filter(({ message }) => message === name)) {
      const codec = DECLARED.get(name)!.codec(version);
      const reader = new Reader(Buffer.from(bytes, 'base64'));
      const decoded = codec.decode(reader);
      expect({ version, left: reader.remaining, value: asJson(decoded, value) }).toEqual({ version, left: 0, value });
      expect({ version, bytes: encodeToBuffer(codec, decoded).toString('base64') }).toEqual({ version, bytes });
    }
  });
});
