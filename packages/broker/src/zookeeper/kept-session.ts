import { type Disk, DiskError } from '../env/disk';
import type { Logger } from '../env/logger';
import { type SessionCredentials, ZooKeeperError } from '../env/zookeeper';
import type { ZooKeeperClient } from './session';
import { paths } from './znodes';

/** Lies in each log folder; Apache's broker looks at the folders in there, and at files that it knows, and at no others. */
export const KEPT_SESSION_FILE = '.odradek_session';
const VERSION = 1;

/** The session of a registered broker, as it keeps it for its successor. */
export interface KeptSession extends SessionCredentials {
  readonly clusterId: string;
  readonly brokerId: number;
  /** Of several, the one with the largest is the last. */
  readonly brokerEpoch: number;
  /** In how many log folders it was kept. */
  readonly copies: number;
}

/** Null for what no broker has written. */
export function decodeKeptSession(content: Buffer): KeptSession | null {
  let found: Record<string, unknown>;
  try {
    found = Object(JSON.parse(content.toString())) as Record<string, unknown>;
  } catch {
    return null;
  }
  const { version, clusterId, brokerId, brokerEpoch, copies, sessionId, password } = found;
  const isWhole =
    version === VERSION &&
    typeof clusterId === 'string' &&
    Number.isInteger(brokerId) &&
    Number.isInteger(brokerEpoch) &&
    Number.isInteger(copies) &&
    typeof sessionId === 'string' &&
    /^[0-9a-f]{16}$/.test(sessionId) &&
    typeof password === 'string';
  if (!isWhole) return null;
  const numbers = { brokerId, brokerEpoch, copies } as { brokerId: number; brokerEpoch: number; copies: number };
  return { clusterId, sessionId, password: Buffer.from(password, 'base64'), ...numbers };
}

export function encodeKeptSession({ password, ...kept }: KeptSession): string {
  return JSON.stringify({ version: VERSION, ...kept, password: password.toString('base64') });
}

export interface KeptSessionsOptions {
  readonly disk: Disk;
  readonly client: ZooKeeperClient;
  readonly logger: Logger;
  readonly clusterId: string;
  readonly brokerId: number;
}

/**
 * A broker keeps its ZooKeeper session in its log folders, so that its successor on the same folders can end it instead
 * of waiting until it expires (docs/decisions/0008).
 */
export class KeptSessions {
  private keptIn: string[] = [];

  constructor(private readonly options: KeptSessionsOptions) {}

  /** Keeps the current session of this broker, which is registered in it. Where that fails, a successor has to wait. */
  keep(brokerEpoch: number, dirs: readonly string[]): void {
    const { disk, client, logger, clusterId, brokerId } = this.options;
    const content = encodeKeptSession({
      ...client.credentials,
      clusterId,
      brokerId,
      brokerEpoch,
      copies: dirs.length,
    });
    for (const dir of dirs) {
      try {
        disk.replaceFile(fileIn(dir), content, 'unflushed', 'private');
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        logger.warn(`The ZooKeeper session could not be kept in ${dir}: ${error.message}`);
      }
    }
    this.keptIn = [...dirs];
  }

  /** Before a stop that ends the session; where ZooKeeper cannot be told of its end, the successor still can. */
  forget(): void {
    if (!this.options.client.isConnected) return;
    for (const dir of this.keptIn) {
      try {
        this.options.disk.removeNow(fileIn(dir));
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
      }
    }
  }

  /**
   * Ends the session of a predecessor that was killed, so that what it registered is gone at once. `ownDirs` are those
   * that no other process can work on: whoever has kept a session in them, and nowhere else, is gone. Where it is not
   * sure that it is safe, nothing is done, and the registration is waited out.
   */
  async endPredecessor(ownDirs: readonly string[]): Promise<void> {
    const { client, logger, brokerId } = this.options;
    const path = paths.brokerId(brokerId);
    const owner = (await client.exists(path))?.ephemeralOwner;
    if (owner === undefined) return;
    const found = this.find(ownDirs);
    const obstacle = obstacleTo(found, owner);
    if (obstacle !== null) {
      logger.info(`${path} is held by session 0x${owner}, which is not this broker's to end: ${obstacle}`);
      return;
    }
    try {
      await client.endSession(found!.session);
      logger.info(`Ended session 0x${owner} of this broker's predecessor, which was killed, and with it ${path}`);
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      logger.warn(`Session 0x${owner} of this broker's predecessor could not be ended: ${error.message}`);
    }
  }

  /** The last session that this broker, in this cluster, has kept, and in how many of these folders it is. */
  private find(dirs: readonly string[]): { session: KeptSession; copies: number } | null {
    const { clusterId, brokerId } = this.options;
    const sessions = dirs
      .flatMap((dir) => this.read(dir) ?? [])
      .filter((session) => session.clusterId === clusterId && session.brokerId === brokerId)
      .sort((one, other) => other.brokerEpoch - one.brokerEpoch);
    const [session] = sessions;
    if (!session) return null;
    return { session, copies: sessions.filter(({ sessionId }) => sessionId === session.sessionId).length };
  }

  private read(dir: string): KeptSession | null {
    try {
      const content = this.options.disk.readFile(fileIn(dir));
      return content && decodeKeptSession(content);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      return null;
    }
  }
}

function obstacleTo(found: { session: KeptSession; copies: number } | null, owner: string): string | null {
  if (found === null) return 'no log folder that is surely its own has kept a session';
  const { session, copies } = found;
  if (session.sessionId !== owner) return `the last that its log folders have kept is 0x${session.sessionId}`;
  // Whoever works on the other folders may be alive.
  if (copies < session.copies) return `it was kept in ${session.copies} log folders, of which ${copies} are here`;
  return null;
}

function fileIn(dir: string): string {
  return `${dir}/${KEPT_SESSION_FILE}`;
}
