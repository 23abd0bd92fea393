import type { Loggers } from '@odradek/broker/env/logger';
import { silentLoggers } from '@odradek/broker/env/logger';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { nodeRandom } from '@odradek/broker/env/node/random';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import type { SessionCredentials, ZooKeeperError, ZooKeeperSession } from '@odradek/broker/env/zookeeper';
import type { BrokerInfo } from '@odradek/broker/zookeeper/broker-info';
import { ZooKeeperClient } from '@odradek/broker/zookeeper/session';
import { ZooKeeperStore } from '@odradek/broker/zookeeper/store';
import type { ReplicaAssignment } from '@odradek/broker/zookeeper/znodes';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';
import { UnreliableZooKeeper } from './unreliable';

export const TOPIC_ID = '-kQW3FJ4Qm6i0z2vC1hX9A';
/** For those whose end is waited for. */
export const SHORT_SESSION_MS = 1_000;
/** For all others: none ends because the machine is slow. */
const SESSION_TIMEOUT_MS = 10_000;

export interface Member {
  readonly zookeeper: UnreliableZooKeeper;
  readonly client: ZooKeeperClient;
  readonly store: ZooKeeperStore;
}

export interface MemberOptions {
  readonly isSecure?: boolean;
  readonly sessionTimeoutMs?: number;
  /** Whether the reply of its n-th write is lost. */
  readonly isLost?: (index: number) => boolean;
}

export interface Cluster {
  /** A broker's client and store, started. */
  member(overrides?: MemberOptions): Promise<Member>;
  /** Begins another cluster, of which the test's members so far are not. */
  renew(): void;
  /** As another client sees it. */
  contentOf(path: string): Promise<string | null>;
  childrenOf(path: string): Promise<string[]>;
  readonly observer: ZooKeeperSession;
  readonly server: TestZooKeeper;
  /** `host:port/chroot`. */
  readonly connect: string;
  readonly chroot: string;
  /** What members have said at info and warn. */
  readonly logLines: string[];
}

/** One real server for a file of tests; every test has a cluster of its own, below a chroot that its first member makes. */
export function useCluster(): Cluster {
  let server: TestZooKeeper;
  let observer: ZooKeeperSession;
  let chroot = '';
  let tests = 0;
  let members: Member[] = [];
  const logLines: string[] = [];
  const loggers: Loggers = {
    logger: (name) => ({
      ...silentLoggers.logger(name),
      info: (message) => logLines.push(message),
      warn: (message) => logLines.push(message),
    }),
  };

  beforeAll(async () => {
    server = await startZooKeeper();
    const options = { sessionTimeoutMs: 10_000, connectionTimeoutMs: 10_000 };
    observer = await new NodeZooKeeper(silentLoggers).connect({ ...options, connect: server.connect });
  });
  afterAll(async () => {
    await observer.close();
    await server.stop();
  });
  const renew = (): void => {
    chroot = `/clusters/${++tests}`;
    logLines.length = 0;
  };
  beforeEach(renew);
  afterEach(async () => {
    await Promise.all(members.map(({ client }) => client.close()));
    members = [];
  });

  return {
    renew,
    async member({ isLost, ...overrides } = {}) {
      const zookeeper = new UnreliableZooKeeper(new NodeZooKeeper(silentLoggers), isLost);
      const client = new ZooKeeperClient(zookeeper, nodeClock, loggers, {
        connect: server.connect + chroot,
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
        connectionTimeoutMs: 10_000,
        maxInFlightRequests: 10,
        isSecure: false,
        ...overrides,
      });
      await client.start();
      const store = new ZooKeeperStore(client, nodeClock, nodeRandom, loggers);
      await store.createTopLevelPaths();
      const made = { zookeeper, client, store };
      members.push(made);
      return made;
    },
    async contentOf(path) {
      const { data } = await observer.getData(chroot + path);
      return data?.toString() ?? null;
    },
    async childrenOf(path) {
      return (await observer.getChildren(chroot + path)).children.sort();
    },
    get observer() {
      return observer;
    },
    get server() {
      return server;
    },
    get connect() {
      return server.connect + chroot;
    },
    get chroot() {
      return chroot;
    },
    logLines,
  };
}

export function brokerInfo(id: number, port = 9092 + id): BrokerInfo {
  return {
    id,
    version: 5,
    endpoints: [{ listenerName: 'PLAINTEXT', host: 'h', port, securityProtocol: 'PLAINTEXT' }],
    rack: null,
    jmxPort: -1,
    features: new Map(),
  };
}

export const on = (...replicas: number[]): ReplicaAssignment => ({
  replicas,
  addingReplicas: [],
  removingReplicas: [],
});
export const partition = (topic: string, number: number) => ({ topic, partition: number });

/** Ends a client's session behind its back, as the server does when its time is up. */
export function expire(client: ZooKeeperClient, connect: string): Promise<void> {
  return endSession(client.credentials, connect);
}

/** Ends a session. Its client, if there is one, wants it back, and may have it before its end is heard: then once more. */
export async function endSession(resume: SessionCredentials, connect: string): Promise<void> {
  const options = { connect, sessionTimeoutMs: 10_000, connectionTimeoutMs: 10_000, resume };
  for (;;) {
    const double = await new NodeZooKeeper(silentLoggers).connect(options).catch((error: ZooKeeperError) => {
      if (error.code === 'SESSION_EXPIRED') return null;
      throw error;
    });
    if (double === null) return;
    await double.close();
  }
}
