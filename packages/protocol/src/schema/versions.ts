/** An inclusive range of versions; `from > to` is the empty one. */
export interface VersionRange {
  readonly from: number;
  readonly to: number;
}

const NONE: VersionRange = { from: 0, to: -1 };
export const MAX_VERSION = 0x7fff;

/**
 * Reads a range as Kafka's message files write it: `"3"`, `"0-4"`, `"2+"` or `"none"`.
 * Throws `SyntaxError` on anything else.
 */
export function parseVersions(text: string): VersionRange {
  if (text === 'none') return NONE;
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text);
  if (!match) throw new SyntaxError(`not a version range: '${text}'`);
  const from = Number(match[1]);
  if (match[2]) return { from, to: MAX_VERSION };
  return { from, to: match[3] === undefined ? from : Number(match[3]) };
}

export function includesVersion(range: VersionRange, version: number): boolean {
  return version >= range.from && version <= range.to;
}
