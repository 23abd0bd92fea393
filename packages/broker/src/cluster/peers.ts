import type { Api, RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { Fields } from '@odradek/protocol/schema/fields';
import type { BrokerEndpoint } from './metadata';

/** An answer whose byte fields are views of pooled memory: good until `release`, which must be called once. */
export interface PooledResponse<Response> {
  readonly body: Response;
  release(): void;
}

/** A connection to another broker, or to this one: brokers speak to each other, and to themselves, in messages. */
export interface Peer {
  /** The connection is over; a peer ends one that was idle. Whoever needs it again makes a new one. */
  readonly isGone: boolean;
  /** Rejects when the connection breaks or no answer comes within `timeoutMs`. */
  send<A extends Api<Fields, Fields>>(
    api: A,
    version: number,
    request: RequestInit<A>,
    options: { readonly timeoutMs: number },
  ): Promise<ResponseOf<A>>;
  close(): void;
}

/** A peer that followers fetch from. */
export interface LeaderPeer extends Peer {
  /** As `send`, for answers with many bytes: they stay where they were received until `release`. */
  sendPooled<A extends Api<Fields, Fields>>(
    api: A,
    version: number,
    request: RequestInit<A>,
    options: { readonly timeoutMs: number },
  ): Promise<PooledResponse<ResponseOf<A>>>;
}

export type ConnectPeer = (endpoint: BrokerEndpoint) => Promise<Peer>;

/** `clientId` is what the leader's metrics, quotas and logs know the follower by. */
export type ConnectLeader = (endpoint: BrokerEndpoint, clientId: string) => Promise<LeaderPeer>;
