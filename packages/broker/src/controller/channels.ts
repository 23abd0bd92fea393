import { LeaderAndIsr } from '@odradek/protocol/messages/leader-and-isr';
import { StopReplica } from '@odradek/protocol/messages/stop-replica';
import { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import type { BrokerEndpoint } from '../cluster/metadata';
import type { ConnectPeer, Peer } from '../cluster/peers';
import { type Clock, sleep } from '../env/clock';
import type { Logger } from '../env/logger';
import type { ControlRequest } from './requests';
import type { ControllerBroker } from './state';

export type ControlResponse =
  | { readonly type: 'leader-and-isr'; readonly response: ResponseOf<typeof LeaderAndIsr> }
  | { readonly type: 'stop-replica'; readonly response: ResponseOf<typeof StopReplica> }
  | { readonly type: 'update-metadata'; readonly response: ResponseOf<typeof UpdateMetadata> };

export interface ChannelOptions {
  readonly connect: ConnectPeer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Which of a broker's listeners the controller talks to. */
  readonly listenerName: string;
  readonly timeoutMs: number;
  readonly onResponse: (broker: number, request: ControlRequest, response: ControlResponse) => void;
}

const RETRY_BACKOFF_MS = 100;
/** A broker that is out of reach for long is told of now and then, not ten times a second. */
const REPORT_INTERVAL_MS = 10_000;

/**
 * One broker's requests, in order, one in flight, each repeated until it is answered or the broker is removed: a
 * broker never sees the controller's decisions out of order, and never misses one while it lives.
 */
class BrokerChannel {
  private readonly queue: ControlRequest[] = [];
  private peer: Peer | null = null;
  private draining = false;
  private closed = false;
  /** When a failure was last told of; null once a request was answered since. */
  private reportedMs: number | null = null;

  constructor(
    private readonly broker: ControllerBroker,
    private readonly endpoint: BrokerEndpoint,
    private readonly options: ChannelOptions,
  ) {}

  send(requests: readonly ControlRequest[]): void {
    this.queue.push(...requests);
    if (!this.draining) void this.drain();
  }

  close(): void {
    this.closed = true;
    this.queue.length = 0;
    this.peer?.close();
    this.peer = null;
  }

  private async drain(): Promise<void> {
    this.draining = true;
    for (let request = this.queue[0]; request && !this.closed; request = this.queue[0]) {
      try {
        if (this.peer?.isGone) this.peer = null;
        this.peer ??= await this.options.connect(this.endpoint);
        if (this.closed) break;
        const response = await exchange(this.peer, request, this.options.timeoutMs);
        if (this.closed) break;
        this.queue.shift();
        this.reportedMs = null;
        this.options.onResponse(this.broker.id, request, response);
      } catch (error) {
        if (this.closed) break;
        this.peer?.close();
        this.peer = null;
        this.report(request, error as Error);
        await sleep(this.options.clock, RETRY_BACKOFF_MS);
      }
    }
    if (this.closed) this.peer?.close();
    this.draining = false;
  }

  private report({ type }: ControlRequest, { message }: Error): void {
    const nowMs = this.options.clock.monotonicMs();
    if (this.reportedMs !== null && nowMs - this.reportedMs < REPORT_INTERVAL_MS) return;
    this.reportedMs = nowMs;
    const { host, port } = this.endpoint;
    this.options.logger.warn(
      `Controller's ${type} request to broker ${this.broker.id} (${host}:${port}) failed, it is sent again every ${RETRY_BACKOFF_MS} ms: ${message}`,
    );
  }
}

async function exchange(peer: Peer, request: ControlRequest, timeoutMs: number): Promise<ControlResponse> {
  switch (request.type) {
    case 'leader-and-isr':
      return {
        type: 'leader-and-isr',
        response: await peer.send(LeaderAndIsr, LeaderAndIsr.range.to, request.request, { timeoutMs }),
      };
    case 'stop-replica':
      return {
        type: 'stop-replica',
        response: await peer.send(StopReplica, StopReplica.range.to, request.request, { timeoutMs }),
      };
    case 'update-metadata':
      return {
        type: 'update-metadata',
        response: await peer.send(UpdateMetadata, UpdateMetadata.range.to, request.request, { timeoutMs }),
      };
  }
}

/** The controller's channels to all live brokers, its own among them (ControllerChannelManager). */
export class BrokerChannels {
  private readonly channels = new Map<number, BrokerChannel>();

  constructor(private readonly options: ChannelOptions) {}

  add(broker: ControllerBroker): void {
    this.remove(broker.id);
    const endpoint = broker.endpoints.get(this.options.listenerName);
    if (!endpoint) {
      this.options.logger.error(
        `Broker ${broker.id} does not advertise listener ${this.options.listenerName}; the controller cannot reach it`,
      );
      return;
    }
    this.channels.set(broker.id, new BrokerChannel(broker, endpoint, this.options));
  }

  remove(broker: number): void {
    this.channels.get(broker)?.close();
    this.channels.delete(broker);
  }

  send(requests: ReadonlyMap<number, readonly ControlRequest[]>): void {
    for (const [broker, list] of requests) this.channels.get(broker)?.send(list);
  }

  close(): void {
    for (const channel of this.channels.values()) channel.close();
    this.channels.clear();
  }
}
