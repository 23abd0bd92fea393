import type { Api, RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { Fields } from '@odradek/protocol/schema/fields';
import type { BrokerEndpoint } from './metadata';

/** A connection to another broker, or to this one: brokers speak to each other, and to themselves, in messages. */
export interface Peer {
  /** Rejects when the connection breaks or no answer comes within `timeoutMs`. */
  send<A extends Api<Fields, Fields>>(
    api: A,
    version: number,
    request: RequestInit<A>,
    options: { readonly timeoutMs: number },
  ): Promise<ResponseOf<A>>;
  close(): void;
}

export type ConnectPeer = (endpoint: BrokerEndpoint) => Promise<Peer>;
