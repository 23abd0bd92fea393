import type { Clock } from '../env/clock';
import type { RateWindows } from '../quotas/sampled-rate';
import { AddressRates, ConnectionRate, UNLIMITED } from './connection-rates';

export interface ConnectionLimits {
  /** `max.connections` */
  readonly maxConnections: number;
  /** `max.connections.per.ip` */
  readonly maxConnectionsPerIp: number;
  /** `max.connections.per.ip.overrides`, by address. */
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>;
  /** `max.connection.creation.rate` */
  readonly maxConnectionCreationRate: number;
  /** `listener.name.x.max.connections` and `.max.connection.creation.rate`, by listener name. */
  readonly listenerLimits: ReadonlyMap<string, { maxConnections?: number; maxConnectionCreationRate?: number }>;
}

/**
 * Why a connection is turned away: its address has as many as it may have, or has come back too soon and is to be left
 * waiting for so long first.
 */
export type ConnectionRefusal =
  | { readonly type: 'count'; readonly limit: number }
  | { readonly type: 'rate'; readonly throttleMs: number };

/**
 * Who may connect (kafka.network.ConnectionQuotas). A connection beyond a total limit or rate waits, as it would in the
 * backlog of an acceptor that is blocked; one beyond its address's limit or rate is turned away.
 */
export class ConnectionQuotas {
  private total = 0;
  private readonly byListener = new Map<string, number>();
  private readonly byAddress = new Map<string, number>();
  private readonly brokerRate: ConnectionRate;
  private readonly listenerRates = new Map<string, ConnectionRate>();
  readonly addressRates: AddressRates;

  /** @param protectedListener the inter-broker listener, where it is not the only one: not subject to the broker's total */
  constructor(
    private readonly clock: Clock,
    private limits: ConnectionLimits,
    private readonly windows: RateWindows,
    private readonly protectedListener: string | null,
  ) {
    this.brokerRate = new ConnectionRate(windows, limits.maxConnectionCreationRate);
    this.addressRates = new AddressRates(windows);
  }

  update(limits: ConnectionLimits): void {
    this.limits = limits;
    this.brokerRate.limit = limits.maxConnectionCreationRate;
  }

  count(listenerName: string): number {
    return this.byListener.get(listenerName) ?? 0;
  }

  /** A connection has come. Returns for how long it, and all behind it, have to wait for the rates' sake. */
  arrive(listenerName: string): number {
    const nowMs = this.nowMs();
    const brokerMs = listenerName === this.protectedListener ? 0 : this.brokerRate.record(nowMs);
    return Math.max(0, brokerMs, this.rateOf(listenerName).record(nowMs));
  }

  hasSlot(listenerName: string): boolean {
    const limit = this.limits.listenerLimits.get(listenerName)?.maxConnections ?? UNLIMITED;
    if (this.count(listenerName) >= limit) return false;
    return listenerName === this.protectedListener || this.total < this.limits.maxConnections;
  }

  /** Counts a connection in that has arrived, or says why it has to go. */
  add(listenerName: string, address: string): ConnectionRefusal | null {
    const nowMs = this.nowMs();
    const throttleMs = this.addressRates.record(address, nowMs);
    if (throttleMs > 0) {
      if (listenerName !== this.protectedListener) this.brokerRate.unrecord(nowMs);
      this.rateOf(listenerName).unrecord(nowMs);
      return { type: 'rate', throttleMs };
    }
    const ofAddress = this.byAddress.get(address) ?? 0;
    const limit = this.limits.maxConnectionsPerIpOverrides.get(address) ?? this.limits.maxConnectionsPerIp;
    if (ofAddress >= limit) return { type: 'count', limit };
    this.byAddress.set(address, ofAddress + 1);
    this.byListener.set(listenerName, this.count(listenerName) + 1);
    this.total++;
    return null;
  }

  remove(listenerName: string, address: string): void {
    const ofAddress = this.byAddress.get(address) ?? 0;
    if (ofAddress > 1) this.byAddress.set(address, ofAddress - 1);
    else this.byAddress.delete(address);
    this.byListener.set(listenerName, this.count(listenerName) - 1);
    this.total--;
  }

  /** Connections beyond the broker's total: the protected listener's come in all the same, and others make room. */
  get excess(): number {
    return Math.max(0, this.total - this.limits.maxConnections);
  }

  /** Whether connections of this listener may be closed to make room. */
  mayClose(listenerName: string): boolean {
    return listenerName !== this.protectedListener;
  }

  private rateOf(listenerName: string): ConnectionRate {
    const limit = this.limits.listenerLimits.get(listenerName)?.maxConnectionCreationRate ?? UNLIMITED;
    const rate = this.listenerRates.get(listenerName) ?? new ConnectionRate(this.windows, limit);
    this.listenerRates.set(listenerName, rate);
    rate.limit = limit;
    return rate;
  }

  private nowMs(): number {
    return Math.floor(this.clock.monotonicMs());
  }
}
