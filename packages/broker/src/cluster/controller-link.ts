import { ERRORS } from '@odradek/protocol/errors';
import type { Api, RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { Fields } from '@odradek/protocol/schema/fields';
import { type Clock, deadline, type Timer } from '../env/clock';
import type { Logger } from '../env/logger';
import type { BrokerEndpoint, MetadataImage } from './metadata';
import type { MetadataCache } from './metadata-cache';
import type { ConnectPeer, Peer } from './peers';

export interface ControllerLinkOptions {
  readonly metadata: MetadataCache;
  readonly connect: ConnectPeer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The controller's listener that brokers talk to: control.plane.listener.name, or that of the inter-broker traffic. */
  readonly listenerName: string;
  /** controller.socket.timeout.ms: how long one attempt waits for its answer. */
  readonly socketTimeoutMs: number;
}

export interface LinkRequestOptions<Response> {
  /** When to give up; for ever where missing. */
  readonly timeoutMs?: number;
  /** Whether the answer says that it is not the controller's, where the error code of the whole answer does not. */
  readonly isRefusal?: (response: Response) => boolean;
}

/** No controller has answered in time, or this broker is stopping. What was asked may have been done all the same. */
export class NoControllerError extends Error {
  override readonly name = 'NoControllerError';
}

/** As NodeToControllerRequestThread waits where it knows no controller, and between attempts at one that failed. */
const RETRY_BACKOFF_MS = 100;

/** A connection, or an attempt at one, to the broker that was the controller when it was made. */
class Contact {
  private connected: Peer | null = null;
  private leave: (error: Error) => void = () => {};
  private readonly left = new Promise<never>((_, reject) => {
    this.leave = reject;
  });

  constructor(
    readonly endpoint: BrokerEndpoint,
    private readonly peer: Promise<Peer>,
  ) {
    // Whoever waits for one of them hears of it; where nobody does, it is of no interest.
    this.left.catch(() => {});
    peer.then(
      (connected) => {
        this.connected = connected;
      },
      () => {},
    );
  }

  get isGone(): boolean {
    return this.connected?.isGone ?? false;
  }

  send<A extends Api<Fields, Fields>>(
    api: A,
    version: number,
    request: RequestInit<A>,
    timeoutMs: number,
  ): Promise<ResponseOf<A>> {
    const answer = this.peer.then((peer) => peer.send(api, version, request, { timeoutMs }));
    return Promise.race([answer, this.left]);
  }

  /** Ends all that is under way: whoever waits for an answer hears `reason`. */
  close(reason: string): void {
    this.leave(new Error(reason));
    this.peer.then(
      (peer) => peer.close(),
      () => {},
    );
  }
}

/**
 * This broker's channel to whichever broker is the controller (NodeToControllerChannelManager): one connection, made
 * when it is first needed. A request is repeated until a controller has answered it: on another broker as soon as the
 * metadata names one, also while the answer of the one before is still awaited. So what is sent must be harmless twice.
 */
export class ControllerLink {
  private contact: Contact | null = null;
  private readonly pauses = new Set<{ readonly timer: Timer; readonly end: () => void }>();
  private readonly unfollow: () => void;
  private closed = false;

  constructor(private readonly options: ControllerLinkOptions) {
    this.unfollow = options.metadata.onUpdate((image) => this.onMetadata(image));
  }

  /** Rejects with `NoControllerError` when `timeoutMs` is over or the link is closed, and for no other reason. */
  send<A extends Api<Fields, Fields>>(
    api: A,
    version: number,
    request: RequestInit<A>,
    { timeoutMs, isRefusal = () => false }: LinkRequestOptions<ResponseOf<A>> = {},
  ): Promise<ResponseOf<A>> {
    return new Promise((resolve, reject) => {
      let isOverdue = false;
      const timer =
        timeoutMs === undefined
          ? null
          : deadline(this.options.clock, timeoutMs, () => {
              isOverdue = true;
              reject(new NoControllerError(`No controller has answered ${api.name} within ${timeoutMs} ms`));
            });
      const exchange = (contact: Contact): Promise<ResponseOf<A>> =>
        contact.send(api, version, request, this.options.socketTimeoutMs);
      this.repeat(api.name, exchange, isRefusal, () => isOverdue)
        .then(resolve, reject)
        .finally(() => timer?.cancel());
    });
  }

  private async repeat<Response extends object>(
    what: string,
    exchange: (contact: Contact) => Promise<Response>,
    isRefusal: (response: Response) => boolean,
    isOverdue: () => boolean,
  ): Promise<Response> {
    const { metadata, logger } = this.options;
    for (;;) {
      if (this.closed || isOverdue())
        throw new NoControllerError(`${what} was not answered before this broker stopped`);
      const contact = this.reach();
      if (contact) {
        try {
          const response = await exchange(contact);
          if (!isNotController(response) && !isRefusal(response)) return response;
          this.leave(contact, 'it is not the controller');
        } catch (error) {
          logger.debug(`${what} to the controller has failed: ${(error as Error).message}`);
          this.leave(contact, 'it cannot be reached');
        }
        // Where the next one is known already, there is nothing to wait for.
        const endpoint = this.endpoint(metadata.image);
        if (endpoint && !isSame(endpoint, contact.endpoint)) continue;
      }
      if (!this.closed) await this.pause();
    }
  }

  /** Ends at once: what waits for an answer is rejected. */
  close(): void {
    this.closed = true;
    this.unfollow();
    if (this.contact) this.leave(this.contact, 'this broker is stopping');
    this.endPauses();
  }

  private endpoint({ controllerId, brokers }: MetadataImage): BrokerEndpoint | null {
    return brokers.get(controllerId ?? -1)?.endpoints.get(this.options.listenerName) ?? null;
  }

  private reach(): Contact | null {
    if (this.contact?.isGone) this.leave(this.contact, 'it has closed the connection');
    if (this.contact) return this.contact;
    const { metadata, connect, logger } = this.options;
    const { controllerId, brokers } = metadata.image;
    const endpoint = this.endpoint(metadata.image);
    if (!endpoint) return null;
    const rack = brokers.get(controllerId!)?.rack ?? null;
    logger.info(
      `Recorded new ZK controller, from now on will use node ${endpoint.host}:${endpoint.port} (id: ${controllerId} rack: ${rack})`,
    );
    this.contact = new Contact(endpoint, connect(endpoint));
    return this.contact;
  }

  private leave(contact: Contact, reason: string): void {
    // Everybody who waited on it leaves it.
    if (this.contact !== contact) return;
    this.contact = null;
    contact.close(`Left the controller at ${contact.endpoint.host}:${contact.endpoint.port}: ${reason}`);
  }

  private onMetadata(image: MetadataImage): void {
    const endpoint = this.endpoint(image);
    if (this.contact && endpoint && !isSame(endpoint, this.contact.endpoint)) {
      this.leave(this.contact, 'another broker is the controller now');
    }
    if (endpoint && !this.contact) this.endPauses();
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        pause.timer.cancel();
        this.pauses.delete(pause);
        resolve();
      };
      const pause = { timer: this.options.clock.after(RETRY_BACKOFF_MS, end), end };
      this.pauses.add(pause);
    });
  }

  private endPauses(): void {
    for (const { end } of [...this.pauses]) end();
  }
}

function isSame(one: BrokerEndpoint, other: BrokerEndpoint): boolean {
  return one.host === other.host && one.port === other.port;
}

function isNotController(response: object): boolean {
  return 'errorCode' in response && response.errorCode === ERRORS.NOT_CONTROLLER.code;
}
