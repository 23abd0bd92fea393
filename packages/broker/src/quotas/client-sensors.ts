import type { QuotaTable, QuotaTags } from './quota-table';

/** What one client, or all clients of a user, have used. */
interface Sensor<Stat> {
  readonly tags: QuotaTags;
  readonly stat: Stat;
  limit: number;
  /** Of the table that `limit` was looked up in. */
  tableVersion: number;
  lastUsedMs: number;
}

/** A sensor that nothing was recorded on for an hour is forgotten (ClientQuotaManager). */
const INACTIVE_EXPIRATION_MS = 3_600_000;
/** How often new clients make us look for forgotten ones: as often as Kafka's metrics look. */
const SWEEP_INTERVAL_MS = 30_000;
/** Ends the user's part of a key: no principal's name contains it. */
const SEPARATOR = '\0';

/**
 * Usage by tags, counted from a client's first request on. Clients come and go under ever new names: those that have
 * gone quiet make room when new ones appear, so that no timer is needed.
 */
export class ClientSensors<Stat> {
  private readonly sensors = new Map<string, Sensor<Stat>>();
  private sweptMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly table: QuotaTable,
    private readonly create: () => Stat,
  ) {}

  get size(): number {
    return this.sensors.size;
  }

  /** The sensor of a client, with the limit that holds now. */
  of(user: string, clientId: string, nowMs: number): { readonly stat: Stat; readonly limit: number } {
    const tags = this.table.tagsOf(user, clientId);
    const key = `${tags.user}${SEPARATOR}${tags.clientId}`;
    const sensor = this.sensors.get(key) ?? this.add(key, tags, nowMs);
    sensor.lastUsedMs = nowMs;
    if (sensor.tableVersion !== this.table.version) {
      sensor.tableVersion = this.table.version;
      sensor.limit = this.table.limitOf(tags);
    }
    return sensor;
  }

  clear(): void {
    this.sensors.clear();
  }

  private add(key: string, tags: QuotaTags, nowMs: number): Sensor<Stat> {
    this.sweep(nowMs);
    const { version } = this.table;
    const sensor = {
      tags,
      stat: this.create(),
      limit: this.table.limitOf(tags),
      tableVersion: version,
      lastUsedMs: nowMs,
    };
    this.sensors.set(key, sensor);
    return sensor;
  }

  private sweep(nowMs: number): void {
    if (nowMs - this.sweptMs < SWEEP_INTERVAL_MS) return;
    this.sweptMs = nowMs;
    for (const [key, { lastUsedMs }] of this.sensors) {
      if (nowMs - lastUsedMs > INACTIVE_EXPIRATION_MS) this.sensors.delete(key);
    }
  }
}
