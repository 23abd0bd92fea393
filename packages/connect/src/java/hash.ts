import { stringHash } from '@odradek/tools/java-order';

const BITS = new DataView(new ArrayBuffer(8));

function doubleHash(value: number): number {
  BITS.setFloat64(0, value);
  return BITS.getInt32(0) ^ BITS.getInt32(4);
}

function longHash(value: bigint): number {
  BITS.setBigInt64(0, BigInt.asIntN(64, value));
  return BITS.getInt32(0) ^ BITS.getInt32(4);
}

/** What Java's hashCode gives for a scalar value of Connect's data. */
export function valueHash(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return stringHash(value);
    case 'bigint':
      return longHash(value);
    case 'number':
      return Number.isInteger(value) ? longHash(BigInt(value)) : doubleHash(value);
    case 'boolean':
      return value ? 1231 : 1237;
    default:
      return value instanceof Number ? doubleHash(value.valueOf()) : 0;
  }
}

/** java.nio.ByteBuffer.hashCode. */
export const bufferHash = (bytes: Buffer): number =>
  bytes.reduceRight((hash, byte) => (Math.imul(31, hash) + ((byte << 24) >> 24)) | 0, 1);

/** java.util.AbstractMap.hashCode, for maps of scalar values. */
export const mapHash = (map: ReadonlyMap<string, unknown>): number =>
  [...map].reduce((sum, [key, value]) => (sum + (stringHash(key) ^ valueHash(value))) | 0, 0);
