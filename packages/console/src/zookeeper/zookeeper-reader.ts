import { type Client, clientOf } from '@odradek/tools/zookeeper-shell/client';
import { parseConnectString, ZooKeeperConnection } from '@odradek/tools/zookeeper-shell/connection';
import { CommandError, ErrorCode, KeeperError } from '@odradek/tools/zookeeper-shell/errors';
import type { ZooKeeperNode, ZooKeeperStat } from '../api';
import { Idling } from '../cluster/link';
import { HttpError } from '../http/answer';
import { masked } from './masks';

const IDLE_MS = 30_000;
const PATIENCE_MS = 5_000;
/** More than a person reads; each is asked how many children it has. */
export const MAX_CHILDREN = 1_000;
const NO_AUTH = -102;

type StatRecord = Awaited<ReturnType<Client['exists']>>;

interface Open {
  readonly connection: ZooKeeperConnection;
  readonly client: Client;
}

/** ZooKeeper's tree, as `zookeeper-shell` sees it, for reading only. Connected at the first question, not for longer than anybody asks. */
export class ZooKeeperReader {
  private readonly session: Idling<Open>;

  constructor(private readonly connectString: string) {
    this.session = new Idling(
      () => open(connectString),
      ({ connection }) => void connection.close(),
      IDLE_MS,
    );
  }

  /** Throws `HttpError`. */
  async node(path: string): Promise<ZooKeeperNode> {
    try {
      return await this.session.use(({ client }) => withinTime(readNode(client, path), this.connectString));
    } catch (thrown) {
      if (thrown instanceof HttpError) {
        // Whatever holds it up: the next question gets a session of its own.
        this.session.close();
        throw thrown;
      }
      throw refusalOf(thrown);
    }
  }

  close(): void {
    this.session.close();
  }
}

function open(connectString: string): Open {
  const { addresses, chroot } = parseConnectString(connectString);
  const nobodyListens = (): void => {};
  const connection = new ZooKeeperConnection(addresses, chroot, nobodyListens, nobodyListens);
  return { connection, client: clientOf(connection) };
}

async function withinTime<T>(work: Promise<T>, connectString: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new HttpError(504, `ZooKeeper (${connectString}) does not answer.`);
    timer = setTimeout(() => reject(error), PATIENCE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Throws what cannot be explained as it is. */
function refusalOf(thrown: unknown): unknown {
  if (thrown instanceof CommandError) return new HttpError(400, thrown.message);
  if (!(thrown instanceof KeeperError)) return thrown;
  const status = { [ErrorCode.NoNode]: 404, [NO_AUTH]: 403, [ErrorCode.ConnectionLoss]: 503 }[thrown.code] ?? 502;
  return new HttpError(status, thrown.message);
}

async function readNode(client: Client, path: string): Promise<ZooKeeperNode> {
  const [{ data, stat }, { children }] = await Promise.all([
    client.getData(path, false),
    client.getChildren(path, false),
  ]);
  const shown = children.slice(0, MAX_CHILDREN);
  const counts = await Promise.all(
    shown.map((name) => childCount(client, path === '/' ? `/${name}` : `${path}/${name}`)),
  );
  return {
    path,
    stat: statOf(stat),
    ...(data ? masked(path, data) : { data: null, encoding: 'utf8', isMasked: false }),
    children: shown.flatMap((name, at) => (counts[at] === null ? [] : [{ name, numChildren: counts[at]! }])),
  };
}

/** Null where it has gone meanwhile. */
async function childCount(client: Client, path: string): Promise<number | null> {
  try {
    return (await client.exists(path, false)).numChildren;
  } catch (thrown) {
    if (thrown instanceof KeeperError && thrown.code === ErrorCode.NoNode) return null;
    throw thrown;
  }
}

const hex = (long: Buffer): string => `0x${long.readBigUInt64BE(0).toString(16)}`;
const milliseconds = (long: Buffer): number => Number(long.readBigInt64BE(0));

const statOf = (stat: StatRecord): ZooKeeperStat => ({
  czxid: hex(stat.czxid),
  mzxid: hex(stat.mzxid),
  pzxid: hex(stat.pzxid),
  ctimeMs: milliseconds(stat.ctime),
  mtimeMs: milliseconds(stat.mtime),
  version: stat.version,
  cversion: stat.cversion,
  aversion: stat.aversion,
  ephemeralOwner: hex(stat.ephemeralOwner),
  dataLength: stat.dataLength,
  numChildren: stat.numChildren,
});
