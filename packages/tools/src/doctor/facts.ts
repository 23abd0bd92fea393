import type { ErrorName } from '@odradek/protocol/errors';
import type { Address } from '../client/addresses';

/** What came of dialling an address as a client does. */
export type Reach =
  /** A broker answered. */
  | { readonly kind: 'served' }
  /** No address belongs to the name. */
  | { readonly kind: 'unresolved' }
  /** A host is there, and nothing listens at the port. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'silent' }
  /** The network says that there is no way; its word for it. */
  | { readonly kind: 'unreachable'; readonly code: string }
  /** Something listens, but it does not answer as a broker does. */
  | { readonly kind: 'strange' };

export interface Dialled extends Address {
  readonly reach: Reach;
}

export interface LogDirFacts {
  readonly path: string;
  readonly error: ErrorName;
  /** Null where the broker does not tell. */
  readonly usableBytes: number | null;
  readonly totalBytes: number | null;
}

/** A broker as the metadata names it, dialled where it tells clients to go. */
export interface BrokerFacts extends Dialled {
  readonly id: number;
  /** Who says to be there; null where nobody could be asked. */
  readonly answeringId: number | null;
  /** Empty where they could not be asked for. */
  readonly settings: ReadonlyMap<string, string>;
  readonly logDirs: readonly LogDirFacts[];
}

export interface PartitionFacts {
  readonly topic: string;
  readonly partition: number;
  /** -1 for none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

/** All that could be found out about a cluster. */
export interface Facts {
  readonly bootstrap: readonly Dialled[];
  /** Null where no address of the bootstrap list led to a broker. */
  readonly cluster: ClusterFacts | null;
}

export interface ClusterFacts {
  /** The address that answered. */
  readonly through: Address;
  /** Which broker answered there; null where it would not tell. */
  readonly throughId: number | null;
  readonly clusterId: string | null;
  /** -1 for none. */
  readonly controllerId: number;
  readonly brokers: readonly BrokerFacts[];
  /** Where it knows of no brokers at all: itself, where it tells other brokers to find it. */
  readonly itself: BrokerFacts | null;
  readonly partitions: readonly PartitionFacts[];
  /** What was said when a group's coordinator was asked for; NONE where nobody was asked, since no group was there ever. */
  readonly groupCoordinator: ErrorName;
}

export interface Finding {
  readonly level: 'error' | 'warning';
  /** What is wrong, in one sentence. */
  readonly problem: string;
  /** What to do, with the exact setting where it is one. */
  readonly remedy: string;
}
