/**
 * Versions of the inter-broker protocol, oldest first, as org.apache.kafka.server.common.MetadataVersion lists them.
 * Those after 3.9-IV0 are known but not yet released: they have no short name.
 */
const METADATA_VERSIONS: readonly string[] = (
  '0.8.0 0.8.1 0.8.2 0.9.0 0.10.0-IV0 0.10.0-IV1 0.10.1-IV0 0.10.1-IV1 0.10.1-IV2 0.10.2-IV0 ' +
  '0.11.0-IV0 0.11.0-IV1 0.11.0-IV2 1.0-IV0 1.1-IV0 2.0-IV0 2.0-IV1 2.1-IV0 2.1-IV1 2.1-IV2 2.2-IV0 2.2-IV1 ' +
  '2.3-IV0 2.3-IV1 2.4-IV0 2.4-IV1 2.5-IV0 2.6-IV0 2.7-IV0 2.7-IV1 2.7-IV2 2.8-IV0 2.8-IV1 3.0-IV0 3.0-IV1 ' +
  '3.1-IV0 3.2-IV0 3.3-IV0 3.3-IV1 3.3-IV2 3.3-IV3 3.4-IV0 3.5-IV0 3.5-IV1 3.5-IV2 3.6-IV0 3.6-IV1 3.6-IV2 ' +
  '3.7-IV0 3.7-IV1 3.7-IV2 3.7-IV3 3.7-IV4 3.8-IV0 3.9-IV0 4.0-IV0 4.0-IV1'
).split(' ');

const LATEST_PRODUCTION = METADATA_VERSIONS.indexOf('3.9-IV0');

/** `3.9` → the last of its `3.9-IV…`. */
const BY_NAME: ReadonlyMap<string, string> = new Map(
  METADATA_VERSIONS.flatMap((version, index): [string, string][] =>
    index <= LATEST_PRODUCTION
      ? [
          [version, version],
          [version.replace(/-IV\d+$/, ''), version],
        ]
      : [[version, version]],
  ),
);

/**
 * The full version that a text stands for, or null: the first two segments count (three where it begins with `0.`),
 * a release stands for its last version (MetadataVersion.fromVersionString).
 */
export function parseMetadataVersion(text: string): string | null {
  const segments = text.split('.');
  const counted = text.startsWith('0.') ? 3 : 2;
  return BY_NAME.get(segments.slice(0, counted).join('.')) ?? null;
}

/** Whether `version` is `least` or later; both in full. */
export function versionAtLeast(version: string, least: string): boolean {
  return METADATA_VERSIONS.indexOf(version) >= METADATA_VERSIONS.indexOf(least);
}

/** The newest message format that a version writes: 0, 1 or 2. */
export function highestRecordFormat(version: string): 0 | 1 | 2 {
  if (versionAtLeast(version, '0.11.0-IV0')) return 2;
  return versionAtLeast(version, '0.10.0-IV0') ? 1 : 0;
}

/** From this version on brokers fetch, and ask each other for offsets and epochs, in these versions of the APIs. */
const INTER_BROKER_APIS = {
  fetch: [
    ['3.9-IV0', 17],
    ['3.7-IV4', 16],
    ['3.5-IV1', 15],
    ['3.5-IV0', 14],
    ['3.1-IV0', 13],
    ['2.7-IV1', 12],
    ['2.3-IV1', 11],
    ['2.1-IV2', 10],
    ['2.0-IV1', 8],
    ['1.1-IV0', 7],
    ['0.11.0-IV1', 5],
    ['0.11.0-IV0', 4],
    ['0.10.1-IV1', 3],
    ['0.10.0-IV0', 2],
    ['0.9.0', 1],
  ],
  listOffsets: [
    ['3.9-IV0', 9],
    ['3.5-IV0', 8],
    ['3.0-IV1', 7],
    ['2.8-IV0', 6],
    ['2.2-IV1', 5],
    ['2.1-IV1', 4],
    ['2.0-IV1', 3],
    ['0.11.0-IV0', 2],
    ['0.10.1-IV2', 1],
  ],
  offsetForLeaderEpoch: [
    ['2.8-IV0', 4],
    ['2.3-IV1', 3],
    ['2.1-IV1', 2],
    ['2.0-IV0', 1],
  ],
} as const;

/** The version of an API that brokers of a version use among themselves (MetadataVersion's `…RequestVersion`). */
export function interBrokerVersion(api: keyof typeof INTER_BROKER_APIS, version: string): number {
  return INTER_BROKER_APIS[api].find(([since]) => versionAtLeast(version, since))?.[1] ?? 0;
}
