import { randomBytes } from 'node:crypto';
import { loadProperties, type Properties } from '../client/properties';
import { type Io, println } from '../print';
import { configException } from '../tool-error';
import { parseStorageArguments } from './arguments';
import { printInfo } from './info';

const UUID_BYTES = 16;

/** A random uuid (version 4) that does not begin with a dash, so that it may stand on command lines (Uuid.randomUuid). */
export function randomUuid(): string {
  for (;;) {
    const bytes = randomBytes(UUID_BYTES);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const text = bytes.toString('base64url');
    if (!text.startsWith('-')) return text;
  }
}

/** A broker's configuration. Throws `ToolError` where it is neither one for ZooKeeper nor one for KRaft. */
function configOf(path: string): Properties {
  const config = loadProperties(path);
  if (config.has('process.roles') || config.has('zookeeper.connect')) return config;
  throw configException('Missing required configuration `zookeeper.connect` which has no default value.');
}

const LEGACY =
  'The kafka configuration file appears to be for a legacy cluster. Formatting is only supported for clusters in KRaft mode.';
const KRAFT =
  'The kafka configuration file is for a cluster in KRaft mode; these are the tools of a cluster on ZooKeeper, whose brokers format their log directories themselves.';

/** kafka-storage (kafka.tools.StorageTool): nothing is to be formatted for brokers on ZooKeeper. */
export async function storage(argv: readonly string[], io: Io): Promise<number> {
  const { command, of } = parseStorageArguments(argv, io);
  if (command === 'random-uuid') {
    println(io.stdout, randomUuid());
    return 0;
  }
  const config = configOf(of.config![0]!);
  if (command === 'info') return printInfo(config, io);
  println(io.stderr, config.has('process.roles') ? KRAFT : LEGACY);
  return 1;
}
