/** Whom a quota is for. `null` is the default of all users or clients; a part that is missing is not looked at. */
export interface QuotaEntity {
  readonly user?: string | null;
  readonly clientId?: string | null;
}

/** Whose usage is counted together, by the level of the quota that applies: an empty part is everybody's. */
export interface QuotaTags {
  readonly user: string;
  readonly clientId: string;
}

interface UserQuotas {
  own: number | undefined;
  readonly clients: Map<string | null, number>;
}

/** Kinds of entities, as bits (QuotaTypes). */
const CLIENTS = 1;
const USERS = 2;
const USERS_CLIENTS = 4;

const NO_LIMIT = Number.POSITIVE_INFINITY;

/**
 * The quotas of one type at their eight levels (ClientQuotaManager.DefaultQuotaCallback). The most specific one that is
 * set applies:
 *
 * 1. user, client · 2. user, default client · 3. user · 4. default user, client · 5. default user, default client ·
 * 6. default user · 7. client · 8. default client
 */
export class QuotaTable {
  private readonly users = new Map<string | null, UserQuotas>();
  private readonly clients = new Map<string | null, number>();
  private count = 0;
  /** Which kinds of entities were ever set. */
  private kinds = 0;
  /** Grows with every change. */
  version = 0;

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** @param limit undefined takes the quota back. Returns whether that changes anything. */
  set({ user, clientId }: QuotaEntity, limit: number | undefined): boolean {
    this.kinds |= user === undefined ? CLIENTS : clientId === undefined ? USERS : USERS_CLIENTS;
    const before = this.ofEntity({ user, clientId });
    if (before === limit) return false;
    this.version++;
    this.count += Number(limit !== undefined) - Number(before !== undefined);
    if (user === undefined) setOrDelete(this.clients, clientId!, limit);
    else this.setOfUser(user, clientId, limit);
    return true;
  }

  private ofEntity({ user, clientId }: QuotaEntity): number | undefined {
    if (user === undefined) return this.clients.get(clientId!);
    const quotas = this.users.get(user);
    return clientId === undefined ? quotas?.own : quotas?.clients.get(clientId);
  }

  private setOfUser(user: string | null, clientId: string | null | undefined, limit: number | undefined): void {
    const quotas = this.users.get(user) ?? { own: undefined, clients: new Map() };
    this.users.set(user, quotas);
    if (clientId === undefined) quotas.own = limit;
    else setOrDelete(quotas.clients, clientId, limit);
    if (quotas.own === undefined && quotas.clients.size === 0) this.users.delete(user);
  }

  /**
   * Under which tags a client's usage is counted: those of the quota that applies, or, while all quotas are of one kind,
   * that kind's, so that there is a past to look back at once a quota is set.
   */
  tagsOf(user: string, clientId: string): QuotaTags {
    if (this.kinds === CLIENTS) return { user: '', clientId };
    if (this.kinds === USERS) return { user, clientId: '' };
    if (this.kinds === USERS_CLIENTS) return { user, clientId };
    for (const name of [user, null]) {
      const quotas = this.users.get(name);
      if (!quotas) continue;
      if (quotas.clients.has(clientId) || quotas.clients.has(null)) return { user, clientId };
      if (quotas.own !== undefined) return { user, clientId: '' };
    }
    return { user: '', clientId };
  }

  /**
   * The limit of what is counted under these tags, Infinity for none. A client without a name has no quota of its own: under a user it is
   * held to the user's, and alone to none.
   */
  limitOf({ user, clientId }: QuotaTags): number {
    if (user !== '' && clientId !== '') {
      const own = this.users.get(user)?.clients;
      const ofAll = this.users.get(null)?.clients;
      return own?.get(clientId) ?? own?.get(null) ?? ofAll?.get(clientId) ?? ofAll?.get(null) ?? NO_LIMIT;
    }
    if (user !== '') return this.users.get(user)?.own ?? this.users.get(null)?.own ?? NO_LIMIT;
    if (clientId !== '') return this.clients.get(clientId) ?? this.clients.get(null) ?? NO_LIMIT;
    return NO_LIMIT;
  }
}

function setOrDelete(map: Map<string | null, number>, key: string | null, value: number | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
