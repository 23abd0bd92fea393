/** A znode's content is not what its path promises. */
export class ZNodeFormatError extends Error {
  override readonly name = 'ZNodeFormatError';

  constructor(
    readonly path: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`Failed to parse ${path}: ${reason}`, options);
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function encodeJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** The JSON object in a znode; null where there is none: no data, not JSON, not an object (kafka.utils.Json.parseBytes). */
export function parseJsonObject(data: Buffer | null): JsonObject | null {
  if (data === null) return null;
  try {
    const value: unknown = JSON.parse(data.toString('utf8'));
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field of a znode that must be a whole number. */
export function integerOf(object: JsonObject, key: string, path: string): number {
  const value = object[key];
  if (!Number.isSafeInteger(value)) throw new ZNodeFormatError(path, `'${key}' is not a whole number`);
  return value as number;
}

/** A field of a znode that must be a string. */
export function stringOf(object: JsonObject, key: string, path: string): string {
  const value = object[key];
  if (typeof value !== 'string') throw new ZNodeFormatError(path, `'${key}' is not a string`);
  return value;
}

/** A value in a znode that must be a list of whole numbers, such as replicas or an ISR. */
export function integersOf(value: unknown, what: string, path: string): number[] {
  if (!Array.isArray(value) || !value.every(Number.isSafeInteger)) {
    throw new ZNodeFormatError(path, `${what} is not a list of whole numbers`);
  }
  return value as number[];
}
