import { type Clock, sleep } from '../env/clock';
import type { Logger } from '../env/logger';
import { ZooKeeperError } from '../env/zookeeper';
import { type BrokerInfo, encodeBrokerInfo, formatHostPort } from './broker-info';
import { ANY_VERSION, isZooKeeperError, onCode } from './operations';
import type { ZooKeeperClient } from './session';
import { paths } from './znodes';

/** ZooKeeper ends sessions on its ticks: a session may outlive its timeout by up to two of them (2 s by default). */
const EXPIRY_SLACK_MS = 4_000;
/** How often a broker looks whether its predecessor's registration is gone. */
const PREDECESSOR_POLL_MS = 200;

/** Registers a broker under `/brokers/ids` for as long as its sessions live (KafkaZkClient.registerBroker). */
export class BrokerRegistration {
  /** The session of the last registration: what it leaves behind when it expires is ours to remove. */
  private registeredSessionId: string | null = null;
  /** What the znode holds, but for its timestamp. */
  private written: Buffer | null = null;

  constructor(
    private readonly client: ZooKeeperClient,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /**
   * Resolves to the broker's epoch. The node of a predecessor that was killed is waited out, up to the session's
   * timeout; then NODE_EXISTS is thrown, as for a broker of the same id that lives. (Apache's broker does not wait.)
   */
  async register(info: BrokerInfo): Promise<{ brokerEpoch: number }> {
    const path = paths.brokerId(info.id);
    const waitMs = this.client.sessionTimeoutMs + EXPIRY_SLACK_MS;
    const deadlineMs = this.clock.monotonicMs() + waitMs;
    let announced = false;
    for (;;) {
      const created = await this.create(path, info);
      if (created !== null) return this.registered(path, info, created);
      const existing = await this.client.exists(path);
      // It went away while we looked: try again.
      if (existing === null) continue;
      const owner = existing.ephemeralOwner;
      if (owner === this.client.sessionId) return this.registered(path, info, existing.czxid);
      if (owner === this.registeredSessionId) {
        this.logger.info(`Removing ${path}, left behind by this broker's expired session 0x${owner}`);
        await this.client.delete(path, ANY_VERSION).catch(onCode('NO_NODE', undefined));
        continue;
      }
      if (this.clock.monotonicMs() >= deadlineMs) this.refuse(path, owner);
      if (!announced) {
        this.logger.warn(
          `${path} is still held by session 0x${owner}: a broker with id ${info.id} was killed a moment ago or is still running. ` +
            `Waiting up to ${Math.ceil(waitMs / 1000)} s for ZooKeeper to end that session.`,
          { path, owner, waitMs },
        );
        announced = true;
      }
      await sleep(this.clock, PREDECESSOR_POLL_MS);
    }
  }

  /** Writes what has changed of a registered broker, if anything has: its listeners. */
  async update(info: BrokerInfo): Promise<void> {
    if (this.written?.equals(encodeBrokerInfo(info, 0))) return;
    const path = paths.brokerId(info.id);
    await this.client.setData(path, encodeBrokerInfo(info, this.clock.nowMs()), ANY_VERSION);
    this.written = encodeBrokerInfo(info, 0);
    this.logger.info(`Updated broker ${info.id} at path ${path} with addresses: ${addressesOf(info)}`);
  }

  /** The czxid of the new node, or null where there is one already. */
  private async create(path: string, info: BrokerInfo): Promise<number | null> {
    const data = encodeBrokerInfo(info, this.clock.nowMs());
    try {
      const [, written] = await this.client.multi([
        { type: 'create', path, data: null, mode: 'ephemeral' },
        // A create does not answer with its transaction; the stat of a set does.
        { type: 'set', path, data, version: 0 },
      ]);
      if (written?.type !== 'set') throw new ZooKeeperError('SYSTEM_ERROR', path);
      return written.stat.czxid;
    } catch (error) {
      if (isZooKeeperError(error, 'NODE_EXISTS')) return null;
      throw error;
    }
  }

  private registered(path: string, info: BrokerInfo, brokerEpoch: number): { brokerEpoch: number } {
    this.registeredSessionId = this.client.sessionId;
    this.written = encodeBrokerInfo(info, 0);
    this.logger.info(
      `Registered broker ${info.id} at path ${path} with addresses: ${addressesOf(info)}, czxid (broker epoch): ${brokerEpoch}`,
    );
    return { brokerEpoch };
  }

  private refuse(path: string, owner: string): never {
    this.logger.error(
      `Error while creating ephemeral at ${path}, node already exists and owner '0x${owner}' does not match current session '0x${this.client.sessionId}'`,
    );
    throw new ZooKeeperError('NODE_EXISTS', path, `KeeperErrorCode = NodeExists for ${path}`);
  }
}

function addressesOf(info: BrokerInfo): string {
  return info.endpoints
    .map(({ listenerName, host, port }) => `${listenerName}://${formatHostPort(host, port)}`)
    .join(',');
}

/**
 * Refuses a broker that advertises what another one advertises already (KafkaServer.createBrokerInfo): clients could
 * not tell them apart. Throws `AdvertisedListenerInUseError`.
 */
export function checkAdvertisedListeners(info: BrokerInfo, brokers: Iterable<BrokerInfo>): void {
  const own = info.endpoints.map(addressOf);
  for (const broker of brokers) {
    if (broker.id === info.id) continue;
    const theirs = new Set(broker.endpoints.map(addressOf));
    const common = own.filter((address) => theirs.has(address));
    if (common.length > 0) throw new AdvertisedListenerInUseError(common, broker.id);
  }
}

export class AdvertisedListenerInUseError extends Error {
  override readonly name = 'AdvertisedListenerInUseError';

  constructor(addresses: readonly string[], brokerId: number) {
    super(
      `requirement failed: Configured end points ${addresses.join(',')} in advertised listeners are already registered by broker ${brokerId}`,
    );
  }
}

/** As Kafka compares and prints them here: IPv6 hosts without brackets. */
function addressOf({ host, port }: { host: string | null; port: number }): string {
  return `${host ?? 'null'}:${port}`;
}
