import { hashMapOrder } from '@odradek/tools/java-order';
import { fromJson } from '../converters/json/from-json';
import { toJson } from '../converters/json/to-json';
import type { SourceMap } from '../data/record';
import { DataError } from '../errors';
import { classNameOf } from '../java/class-name';
import { bufferHash, mapHash } from '../java/hash';
import { JavaHashMap } from '../java/hash-map';
import { jsonText, parseJson } from '../java/json';
import type { SourceOffset } from '../plugins/api';
import type { FileOffsetStore } from './file-offset-store';

/**
 * A connector's source offsets within the worker's store: keys are JSON arrays of its name and the source's part, values
 * JSON objects (OffsetStorageWriter, OffsetStorageReaderImpl).
 */
export class SourceOffsets {
  constructor(
    private readonly store: FileOffsetStore,
    private readonly connector: string,
  ) {}

  private keyOf(partition: SourceMap | null): Buffer {
    return bytesOf([this.connector, partition]);
  }

  get(partition: SourceMap | null): SourceMap | null {
    const bytes = this.store.get(this.keyOf(partition));
    return bytes && (readValue(bytes) as SourceMap | null);
  }

  /** All parts with offsets, in the order of hash maps of Java's: by their keys, and then by themselves. */
  all(): SourceOffset[] {
    const all = this.store.keys().flatMap((key) => {
      const parts = key && readValue(key);
      if (!key || !Array.isArray(parts) || parts[0] !== this.connector || parts.length !== 2) return [];
      const offset = this.store.get(key);
      return offset ? [{ key, partition: parts[1] as SourceMap, offset: readValue(offset) as SourceMap }] : [];
    });
    const byKey = hashMapOrder(all, ({ key }) => bufferHash(key));
    return hashMapOrder(byKey, ({ partition }) => mapHash(partition ?? new Map()), all.length).map(
      ({ partition, offset }) => ({ partition, offset }),
    );
  }

  /** Writes offsets; a null one forgets its part. Throws `DataError` for what cannot be written. */
  set(offsets: readonly SourceOffset[]): Promise<void> {
    return this.store.set(
      offsets.map(({ partition, offset }) => {
        for (const map of [partition, offset]) if (map) checkPlain(map);
        return [this.keyOf(partition), offset && bytesOf(offset)] as const;
      }),
    );
  }
}

const OPTIONS = { decimalFormat: 'BASE64', replacesNull: true } as const;

const bytesOf = (value: unknown): Buffer => Buffer.from(jsonText(toJson(null, inHashOrder(value), OPTIONS) ?? null));

/** Keys must have one form only: maps are written in the order of Java's hash maps, as Apache's worker writes them. */
function inHashOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inHashOrder);
  return value instanceof Map ? new JavaHashMap(value) : value;
}

const readValue = (bytes: Buffer): unknown => fromJson(null, parseJson(bytes.toString()), true);

/** OffsetUtils.validateFormat. */
function checkPlain(map: SourceMap): void {
  for (const [key, value] of map) {
    if (typeof key !== 'string') throw new DataError('Offsets may only use String keys');
    const isPlain = value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
    if (isPlain || value instanceof Number || value instanceof Uint8Array) continue;
    throw new DataError(
      `Offsets may only contain primitive types as values, but field ${key} contains ${classNameOf(value)}`,
    );
  }
}
