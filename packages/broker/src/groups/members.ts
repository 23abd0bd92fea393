import type { ProtocolMetadata, Ticket } from './group-types';
import { PendingIds } from './pending-ids';

export interface Member {
  memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  protocols: readonly ProtocolMetadata[];
  assignment: Buffer;
  /** Has never been part of a generation: it cannot send heartbeats yet, as it waits for its first answer. */
  isNew: boolean;
  /** The JoinGroup that waits for an answer; set by `Members.awaitJoin` alone. */
  joinTicket: Ticket | null;
  /** The SyncGroup that waits for an answer. */
  syncTicket: Ticket | null;
  /** When the member counts as failed, should nothing be heard of it; null while one of its requests waits. */
  deadlineMs: number | null;
}

/** What members ask for anew with every JoinGroup. */
export type MemberTerms = Pick<Member, 'protocols' | 'rebalanceTimeoutMs' | 'sessionTimeoutMs'>;

/** The members of one group, and the ids that were given out to those who are to come back with them (KIP-394). */
export class Members {
  readonly #byId = new Map<string, Member>();
  readonly #idByInstance = new Map<string, string>();
  /** How many members support a protocol. */
  readonly #supporters = new Map<string, number>();
  #awaitingJoin = 0;

  readonly pendingIds = new PendingIds();
  /** Who has not asked for its assignment of this generation yet. */
  readonly owingSync = new Set<string>();
  leaderId: string | null = null;

  get size(): number {
    return this.#byId.size;
  }

  get staticSize(): number {
    return this.#idByInstance.size;
  }

  /** How many wait for the rebalance. */
  get awaitingJoin(): number {
    return this.#awaitingJoin;
  }

  get haveAllJoined(): boolean {
    return this.size === this.#awaitingJoin && this.pendingIds.size === 0;
  }

  /** The longest of all members' rebalance timeouts. */
  get rebalanceTimeoutMs(): number {
    let timeoutMs = 0;
    for (const member of this.#byId.values()) timeoutMs = Math.max(timeoutMs, member.rebalanceTimeoutMs);
    return timeoutMs;
  }

  get(memberId: string): Member | undefined {
    return this.#byId.get(memberId);
  }

  all(): IterableIterator<Member> {
    return this.#byId.values();
  }

  ids(): IterableIterator<string> {
    return this.#byId.keys();
  }

  idOfInstance(groupInstanceId: string): string | null {
    return this.#idByInstance.get(groupInstanceId) ?? null;
  }

  isSupportedByAll(protocol: string): boolean {
    return (this.#supporters.get(protocol) ?? 0) === this.size;
  }

  add(member: Member): void {
    if (member.groupInstanceId !== null) this.#idByInstance.set(member.groupInstanceId, member.memberId);
    this.#byId.set(member.memberId, member);
    this.#count(member.protocols, 1);
    if (member.joinTicket !== null) this.#awaitingJoin += 1;
    this.pendingIds.delete(member.memberId);
    this.leaderId ??= member.memberId;
  }

  /** Forgets a member, or an id that was given out; another member leads where it led. */
  remove(memberId: string): void {
    const member = this.#byId.get(memberId);
    if (member) {
      this.awaitJoin(member, null);
      this.#count(member.protocols, -1);
      this.#byId.delete(memberId);
      if (member.groupInstanceId !== null) this.#idByInstance.delete(member.groupInstanceId);
    }
    if (this.leaderId === memberId) this.leaderId = this.#byId.keys().next().value ?? null;
    this.pendingIds.delete(memberId);
    this.owingSync.delete(memberId);
  }

  /** KIP-345: the same member under a new id. Whether it leads and what it was assigned stay. */
  rename(member: Member, memberId: string): void {
    this.#byId.delete(member.memberId);
    this.owingSync.delete(member.memberId);
    if (this.leaderId === member.memberId) this.leaderId = memberId;
    member.memberId = memberId;
    this.#byId.set(memberId, member);
    this.#idByInstance.set(member.groupInstanceId!, memberId);
  }

  update(member: Member, terms: MemberTerms): void {
    this.#count(member.protocols, -1);
    this.#count(terms.protocols, 1);
    member.protocols = terms.protocols;
    member.rebalanceTimeoutMs = terms.rebalanceTimeoutMs;
    member.sessionTimeoutMs = terms.sessionTimeoutMs;
  }

  /** Sets who waits for the rebalance in the member's name: nobody where null. */
  awaitJoin(member: Member, ticket: Ticket | null): void {
    this.#awaitingJoin += Number(ticket !== null) - Number(member.joinTicket !== null);
    member.joinTicket = ticket;
  }

  /** A name that a member lists twice counts once. */
  #count(protocols: readonly ProtocolMetadata[], by: 1 | -1): void {
    for (const name of new Set(protocols.map((protocol) => protocol.name))) {
      const count = (this.#supporters.get(name) ?? 0) + by;
      if (count === 0) this.#supporters.delete(name);
      else this.#supporters.set(name, count);
    }
  }
}

/** Whether the member asks for what it asked for before, in the same order, to the byte. */
export function hasSameProtocols(member: Member, protocols: readonly ProtocolMetadata[]): boolean {
  return (
    protocols.length === member.protocols.length &&
    protocols.every(({ name, metadata }, index) => {
      const known = member.protocols[index]!;
      return known.name === name && known.metadata.equals(metadata);
    })
  );
}

/** What the member says under one protocol. */
export function metadataOf(member: Member, protocol: string): Buffer {
  const found = member.protocols.find(({ name }) => name === protocol);
  if (!found) throw new Error(`Member ${member.memberId} does not support protocol ${protocol}`);
  return found.metadata;
}

/** A member as Kafka's log lines show it. */
export function memberText(member: Member): string {
  const instance = optionText(member.groupInstanceId);
  const protocols = member.protocols.map(({ name }) => name).join(', ');
  return (
    `MemberMetadata(memberId=${member.memberId}, groupInstanceId=${instance}, clientId=${member.clientId}, ` +
    `clientHost=${member.clientHost}, sessionTimeoutMs=${member.sessionTimeoutMs}, ` +
    `rebalanceTimeoutMs=${member.rebalanceTimeoutMs}, supportedProtocols=List(${protocols}))`
  );
}

/** Scala's Option as log lines show it. */
export function optionText(value: string | null): string {
  return value === null ? 'None' : `Some(${value})`;
}

/** A set as Kafka's log lines show it. */
export const setText = (values: readonly string[]): string => `Set(${values.join(', ')})`;
