import type { Clock } from '../env/clock';
import type { Logger, Loggers } from '../env/logger';
import { isJsonObject } from './json';
import { ANY_VERSION, onCode, readIfExists } from './operations';
import type { ZooKeeperClient } from './session';
import { paths, sequenceNumberOf } from './znodes';

/** A notification is every broker's to delete once all brokers have had this long to see it. */
const EXPIRATION_MS = 15 * 60 * 1_000;

/**
 * Follows a directory of sequential nodes that tell of changes (ZkNodeChangeNotificationListener): each is processed
 * once, in order, and none twice while this broker lives. What a notification tells of is read anew, so processing too
 * many does no harm; a new broker processes all that are left.
 */
export class NotificationListener {
  private lastExecutedChange = -1;
  private scanning: Promise<void> = Promise.resolve();
  private stopped = false;
  private removeExpiryHandler: () => void = () => {};

  constructor(
    private readonly client: ZooKeeperClient,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly path: string,
    /** Told a node's content. What it throws is logged and stops nothing. */
    private readonly process: (content: string) => Promise<void> | void,
  ) {}

  /** Resolves once what is there has been processed. */
  async start(): Promise<void> {
    this.client.registerChildHandler(this.path, () => this.scan());
    this.removeExpiryHandler = this.client.onExpired({ after: () => void this.scan() });
    await this.scan();
  }

  /** Resolves once the notification being processed is done. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.client.unregisterChildHandler(this.path);
    this.removeExpiryHandler();
    await this.scanning;
  }

  private scan(): Promise<void> {
    this.scanning = this.scanning.then(async () => {
      try {
        await this.processNew();
      } catch (error) {
        // The session is over, most likely: the next one begins with a scan.
        this.logger.error(`Error while processing notification change for path = ${this.path}`, { error });
      }
    });
    return this.scanning;
  }

  private async processNew(): Promise<void> {
    if (this.stopped) return;
    const names = (await this.client.getChildren(this.path)).sort();
    if (names.length === 0) return;
    this.logger.info(`Processing notification(s) to ${this.path}`);
    const nowMs = this.clock.nowMs();
    for (const name of names) {
      const change = sequenceNumberOf(name);
      if (this.stopped) return;
      if (change <= this.lastExecutedChange) continue;
      await this.processOne(`${this.path}/${name}`);
      this.lastExecutedChange = change;
    }
    await this.purge(nowMs, names);
  }

  private async processOne(path: string): Promise<void> {
    const found = await readIfExists(this.client, path);
    if (!found?.data) {
      this.logger.warn(`read null data from ${path}`);
      return;
    }
    const content = found.data.toString('utf8');
    try {
      await this.process(content);
    } catch (error) {
      this.logger.error(`error processing change notification ${content} from ${path}`, { error });
    }
  }

  private async purge(nowMs: number, names: readonly string[]): Promise<void> {
    for (const name of names) {
      const path = `${this.path}/${name}`;
      const stat = await this.client.exists(path);
      if (stat === null || nowMs - stat.createdMs <= EXPIRATION_MS) continue;
      this.logger.debug(`Purging change notification ${name}`);
      await this.client.delete(path, ANY_VERSION).catch(onCode('NO_NODE', undefined));
    }
  }
}

/** Follows `/config/changes`: `onChange` is told `topics/t`, `users/alice/clients/app`, `brokers/<default>`, … */
export class ChangeNotifications {
  private readonly listener: NotificationListener;

  constructor(
    client: ZooKeeperClient,
    clock: Clock,
    loggers: Loggers,
    onChange: (entityPath: string) => Promise<void> | void,
  ) {
    const logger = loggers.logger('kafka.server.ZkConfigManager');
    this.listener = new NotificationListener(client, clock, logger, paths.configChanges, async (content) => {
      const entityPath = entityPathOf(content);
      if (entityPath === null) return;
      logger.info(`Processing override for entityPath: ${entityPath}`);
      await onChange(entityPath);
    });
  }

  /** Resolves once what is there has been processed. */
  start(): Promise<void> {
    return this.listener.start();
  }

  stop(): Promise<void> {
    return this.listener.stop();
  }
}

/**
 * Which entity a notification tells of, in either of its versions; null for what is not JSON at all. Throws `Error` for
 * JSON of another shape (ConfigChangedNotificationHandler).
 */
export function entityPathOf(content: string): string | null {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    return null;
  }
  if (!isJsonObject(json)) {
    throw new Error(
      `Config change notification has an unexpected value. The format is:{"version" : 1, "entity_type":"topics/clients", "entity_name" : "topic_name/client_id"} or {"version" : 2, "entity_path":"entity_type/entity_name"}. Received: ${content}`,
    );
  }
  if (json['version'] === 1) return entityPathOfVersion1(json, content);
  if (json['version'] !== 2) {
    throw new Error(
      `Config change notification has unsupported version '${json['version']}', supported versions are 1 and 2.`,
    );
  }
  const path = json['entity_path'];
  if (typeof path !== 'string') {
    throw new Error(`Version 2 config change notification must specify 'entity_path'. Received: ${content}`);
  }
  const slash = path.indexOf('/');
  if (slash === -1 || !ROOT_TYPES.has(path.slice(0, slash))) {
    throw new Error(
      `Version 2 config change notification must have 'entity_path' starting with one of ${[...ROOT_TYPES].map((type) => `'${type}'/`).join(', ')}. Received: ${content}`,
    );
  }
  return path;
}

const ROOT_TYPES: ReadonlySet<string> = new Set(['topics', 'clients', 'users', 'brokers', 'ips']);

function entityPathOfVersion1(json: Readonly<Record<string, unknown>>, content: string): string {
  const { entity_type: type, entity_name: name } = json;
  if (type !== 'topics' && type !== 'clients') {
    throw new Error(
      `Version 1 config change notification must have 'entity_type' set to 'clients' or 'topics'. Received: ${content}`,
    );
  }
  if (typeof name !== 'string') {
    throw new Error(`Version 1 config change notification does not specify 'entity_name'. Received: ${content}`);
  }
  return `${type}/${name}`;
}
