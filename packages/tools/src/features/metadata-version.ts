/** The feature that says which metadata a KRaft cluster may write; ZooKeeper clusters have none. */
export const METADATA_VERSION = 'metadata.version';

/** The versions of each release in the order of their numbers (org.apache.kafka.server.common.MetadataVersion). */
const RELEASES: readonly (readonly [release: string, firstIv: number, versions: number])[] = [
  ['3.0', 1, 1],
  ['3.1', 0, 1],
  ['3.2', 0, 1],
  ['3.3', 0, 4],
  ['3.4', 0, 1],
  ['3.5', 0, 3],
  ['3.6', 0, 3],
  ['3.7', 0, 5],
  ['3.8', 0, 1],
  ['3.9', 0, 1],
  ['4.0', 0, 2],
];

/** `3.3-IV0` by its number, 1 being the first. */
const NAMES = ['', ...RELEASES.flatMap(([release, first, versions]) => named(release, first, versions))];

/** Before 3.0-IV1 the version went by inter.broker.protocol.version: those have no number of their own. */
const BEFORE_FEATURES = -1;
const UNNUMBERED = [
  ...['0.8.0', '0.8.1', '0.8.2', '0.9.0'],
  ...named('0.10.0', 0, 2),
  ...named('0.10.1', 0, 3),
  ...named('0.10.2', 0, 1),
  ...named('0.11.0', 0, 3),
  ...named('1.0', 0, 1),
  ...named('1.1', 0, 1),
  ...named('2.0', 0, 2),
  ...named('2.1', 0, 3),
  ...named('2.2', 0, 2),
  ...named('2.3', 0, 2),
  ...named('2.4', 0, 2),
  ...named('2.5', 0, 1),
  ...named('2.6', 0, 1),
  ...named('2.7', 0, 3),
  ...named('2.8', 0, 2),
  ...named('3.0', 0, 1),
];

const OLDEST_BOOTSTRAP = '3.3-IV0';
const LATEST_PRODUCTION = '3.9-IV0';

function named(release: string, firstIv: number, versions: number): string[] {
  return Array.from({ length: versions }, (_, at) => `${release}-IV${firstIv + at}`);
}

const releaseOf = (name: string): string => name.replace(/-IV\d+$/, '');

/** The number of a version such as `3.7`, `3.7.1` or `3.7-IV2`; -1 for those without one, undefined where there is none of that name. */
export function metadataLevel(text: string): number | undefined {
  const release = text
    .split('.')
    .slice(0, text.startsWith('0.') ? 3 : 2)
    .join('.');
  const exact = NAMES.indexOf(release);
  if (exact > 0) return exact;
  const isProduction = (name: string): boolean => NAMES.indexOf(name) <= NAMES.indexOf(LATEST_PRODUCTION);
  const level = NAMES.findLastIndex((name) => name !== '' && releaseOf(name) === release && isProduction(name));
  if (level > 0) return level;
  return UNNUMBERED.some((name) => name === release || releaseOf(name) === release) ? BEFORE_FEATURES : undefined;
}

/** A level as kafka-features prints it: that of metadata.version by its name. */
export function levelText(feature: string, level: number): string {
  if (feature !== METADATA_VERSION) return String(level);
  return NAMES[level] || `UNKNOWN [${level}]`;
}

/** The versions that a cluster can be upgraded to, for whoever asked for another. */
export const supportedVersions = (): string =>
  NAMES.slice(NAMES.indexOf(OLDEST_BOOTSTRAP), NAMES.indexOf(LATEST_PRODUCTION) + 1).join(', ');
