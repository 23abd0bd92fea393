import type { QuotaTable, QuotaTags } from './quota-table';
import { type RateWindows, SampledAverage } from './sampled-rate';
import { ThrottledChannels } from './throttled-channels';
import { UsedLately } from './used-lately';

/** What one client, or all clients of a user, have used. */
interface Sensor<Stat> {
  readonly tags: QuotaTags;
  readonly stat: Stat;
  /** Null until it is throttled for the first time. */
  throttleTimes: SampledAverage | null;
  limit: number;
  /** Of the table that `limit` was looked up in. */
  tableVersion: number;
}

/** One sensor as metrics tell of it. */
export interface ClientUsage<Stat> {
  readonly tags: QuotaTags;
  readonly stat: Stat;
  readonly limit: number;
  /** The mean of its throttle times of late; null while it has not been throttled. */
  readonly throttleTimeMs: number | null;
}

const NEVER = -1;
/** Ends the user's part of a key: no principal's name contains it. */
const SEPARATOR = '\0';

/** Usage by tags, counted from a client's first request on. */
export class ClientSensors<Stat> {
  private readonly sensors = new UsedLately<Sensor<Stat>>();
  private readonly throttled = new ThrottledChannels();

  /** @param metricWindows those of all metrics that no quota is compared with */
  constructor(
    private readonly table: QuotaTable,
    private readonly metricWindows: RateWindows,
    private readonly create: () => Stat,
  ) {}

  get size(): number {
    return this.sensors.size;
  }

  /** The sensor of a client, with the limit that holds now. */
  of(user: string, clientId: string, nowMs: number): { readonly stat: Stat; readonly limit: number } {
    return this.sensorOf(user, clientId, nowMs);
  }

  /** A client is told to wait for so long. */
  noteThrottle(user: string, clientId: string, throttleTimeMs: number, nowMs: number): void {
    const sensor = this.sensorOf(user, clientId, nowMs);
    sensor.throttleTimes ??= new SampledAverage(this.metricWindows);
    sensor.throttleTimes.record(throttleTimeMs, nowMs);
    this.throttled.add(throttleTimeMs, nowMs);
  }

  /** Channels that have been throttled and are not heard again yet. */
  throttledCount(nowMs: number): number {
    return this.throttled.count(nowMs);
  }

  /** What all clients have used that are being counted. */
  *usages(nowMs: number): Generator<ClientUsage<Stat>> {
    for (const { tags, stat, throttleTimes } of this.sensors.values()) {
      yield { tags, stat, limit: this.table.limitOf(tags), throttleTimeMs: throttleTimes?.mean(nowMs) ?? null };
    }
  }

  clear(): void {
    this.sensors.clear();
  }

  private sensorOf(user: string, clientId: string, nowMs: number): Sensor<Stat> {
    const tags = this.table.tagsOf(user, clientId);
    const sensor = this.sensors.use(`${tags.user}${SEPARATOR}${tags.clientId}`, nowMs, () => this.make(tags));
    if (sensor.tableVersion !== this.table.version) {
      sensor.tableVersion = this.table.version;
      sensor.limit = this.table.limitOf(tags);
    }
    return sensor;
  }

  private make(tags: QuotaTags): Sensor<Stat> {
    return { tags, stat: this.create(), throttleTimes: null, limit: 0, tableVersion: NEVER };
  }
}
