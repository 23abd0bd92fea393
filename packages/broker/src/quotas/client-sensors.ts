import type { QuotaTable, QuotaTags } from './quota-table';
import { UsedLately } from './used-lately';

/** What one client, or all clients of a user, have used. */
interface Sensor<Stat> {
  readonly stat: Stat;
  limit: number;
  /** Of the table that `limit` was looked up in. */
  tableVersion: number;
}

const NEVER = -1;
/** Ends the user's part of a key: no principal's name contains it. */
const SEPARATOR = '\0';

/** Usage by tags, counted from a client's first request on. */
export class ClientSensors<Stat> {
  private readonly sensors = new UsedLately<Sensor<Stat>>();

  constructor(
    private readonly table: QuotaTable,
    private readonly create: () => Stat,
  ) {}

  get size(): number {
    return this.sensors.size;
  }

  /** The sensor of a client, with the limit that holds now. */
  of(user: string, clientId: string, nowMs: number): { readonly stat: Stat; readonly limit: number } {
    const tags: QuotaTags = this.table.tagsOf(user, clientId);
    const sensor = this.sensors.use(`${tags.user}${SEPARATOR}${tags.clientId}`, nowMs, this.make);
    if (sensor.tableVersion !== this.table.version) {
      sensor.tableVersion = this.table.version;
      sensor.limit = this.table.limitOf(tags);
    }
    return sensor;
  }

  clear(): void {
    this.sensors.clear();
  }

  private readonly make = (): Sensor<Stat> => ({ stat: this.create(), limit: 0, tableVersion: NEVER });
}
