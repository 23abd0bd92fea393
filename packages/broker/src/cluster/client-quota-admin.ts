import { KafkaError } from '@odradek/protocol/errors';
import { applyQuotaOperations, type QuotaOperation, quotaValues, validateQuotaConfig } from '../config/client-quotas';
import type { Definitions } from '../config/definition';
import { clientQuotaConfigs, ipQuotaConfigs, userConfigs } from '../config/definitions/client-quotas';
import type { Network } from '../env/network';
import type { ZooKeeperStore } from '../zookeeper/store';
import {
  type ConfigEntityType,
  DEFAULT_ENTITY_NAME,
  desanitize,
  type EntityConfig,
  sanitize,
} from '../zookeeper/znodes';

/** The parts of a quota's entity, as its APIs name them; a name of null is the default entity's. */
export type QuotaEntityName = ReadonlyMap<string, string | null>;

export interface DescribedQuotas {
  readonly entity: QuotaEntityName;
  readonly values: readonly { readonly key: string; readonly value: number }[];
}

/** What DescribeClientQuotas asks of one part of an entity. */
export interface QuotaFilterComponent {
  readonly entityType: string;
  /** 0: this name, 1: the default, 2: whatever is given. */
  readonly matchType: number;
  readonly match: string | null;
}

/** A name, null for the default, or `any`. */
type Match = { readonly name: string | null } | 'any';

/** A node below `/config`, what may be in it, and what of it are quotas. */
interface Place {
  readonly type: ConfigEntityType;
  readonly path: string;
  /** What an operation may set. */
  readonly settable: Definitions;
  /** What may be there in the end. */
  readonly allowed: Definitions;
}

const USER = 'user';
const CLIENT_ID = 'client-id';
const IP = 'ip';
/** The order in which a Java hash map tells them. */
const ENTITY_ORDER = [CLIENT_ID, USER, IP];
/** For messages about filters, which say `client` where all others say `client-id`. */
const FILTER_NAMES: Readonly<Record<string, string>> = { [USER]: 'user', [CLIENT_ID]: 'client', [IP]: 'ip' };

/** In the order in which Apache tells an entity's quotas. */
const TOLD_QUOTAS: Definitions = {
  request_percentage: clientQuotaConfigs.request_percentage,
  producer_byte_rate: clientQuotaConfigs.producer_byte_rate,
  consumer_byte_rate: clientQuotaConfigs.consumer_byte_rate,
  controller_mutation_rate: clientQuotaConfigs.controller_mutation_rate,
};

const sanitized = (name: string | null): string => (name === null ? DEFAULT_ENTITY_NAME : sanitize(name));
const desanitized = (name: string): string | null => (name === DEFAULT_ENTITY_NAME ? null : desanitize(name));

/** Tells and changes quotas in ZooKeeper (ZkAdminManager, KIP-546). A change takes effect with its notification. */
export class ClientQuotaAdmin {
  constructor(
    private readonly store: ZooKeeperStore,
    private readonly network: Network,
  ) {}

  /**
   * The quotas of all entities that match.
   * @throws KafkaError INVALID_REQUEST or UNSUPPORTED_VERSION for filters that make no sense
   */
  async describe(components: readonly QuotaFilterComponent[], strict: boolean): Promise<DescribedQuotas[]> {
    const matches = matchesOf(components);
    const [user, clientId, ip] = [matches.get(USER), matches.get(CLIENT_ID), matches.get(IP)];
    if ((user || clientId) && ip) {
      throw new KafkaError(
        'INVALID_REQUEST',
        'Invalid entity filter component combination, IP filter component should not be used with user or clientId filter component.',
      );
    }
    const ofClients = ip ? [] : await this.describeClients(user, clientId, strict);
    const ofIps = user || clientId ? [] : await this.describeIps(ip, strict);
    return [...ofClients, ...ofIps];
  }

  private async describeClients(
    user: Match | undefined,
    clientId: Match | undefined,
    strict: boolean,
  ): Promise<DescribedQuotas[]> {
    const { configs } = this.store;
    const noUsers = strict && !user;
    const noClients = strict && !clientId;
    const found: [QuotaEntityName, EntityConfig][] = [];
    if (!noUsers && !isExact(clientId)) {
      for (const [name, config] of await this.entities('users', isExact(user) && noClients ? user : undefined)) {
        found.push([new Map([[USER, name]]), config]);
      }
    }
    if (!noClients && !isExact(user)) {
      for (const [name, config] of await this.entities(
        'clients',
        isExact(clientId) && noUsers ? clientId : undefined,
      )) {
        found.push([new Map([[CLIENT_ID, name]]), config]);
      }
    }
    if (isExact(user) && isExact(clientId)) {
      const path = `${sanitized(user.name)}/clients/${sanitized(clientId.name)}`;
      found.push([
        new Map([
          [USER, user.name],
          [CLIENT_ID, clientId.name],
        ]),
        await configs.get('users', path),
      ]);
    } else if (!noUsers && !noClients) {
      for (const [path, config] of await configs.getAllUserClients()) {
        const [userName, , client] = path.split('/') as [string, string, string];
        found.push([
          new Map([
            [USER, desanitized(userName)],
            [CLIENT_ID, desanitized(client)],
          ]),
          config,
        ]);
      }
    }
    return found
      .filter(([entity]) => holds(user, entity.get(USER), strict) && holds(clientId, entity.get(CLIENT_ID), strict))
      .map(([entity, config]) => ({ entity, values: quotaValues(config, TOLD_QUOTAS) }))
      .filter(({ values }) => values.length > 0);
  }

  private async describeIps(ip: Match | undefined, strict: boolean): Promise<DescribedQuotas[]> {
    if (!ip && strict) return [];
    const found = await this.entities('ips', isExact(ip) ? ip : undefined);
    return found
      .map(([name, config]) => ({ entity: new Map([[IP, name]]), values: quotaValues(config, ipQuotaConfigs) }))
      .filter(({ values }) => values.length > 0);
  }

  /** One entity's settings, or those of all. */
  private async entities(
    type: ConfigEntityType,
    exact: { readonly name: string | null } | undefined,
  ): Promise<[string | null, EntityConfig][]> {
    const { configs } = this.store;
    if (exact) return [[exact.name, await configs.get(type, sanitized(exact.name))]];
    return [...(await configs.getAll(type))].map(([name, config]) => [desanitized(name), config]);
  }

  /**
   * Sets and takes back quotas of one entity. What else is stored of it stays.
   * @throws KafkaError with Kafka's code and text; nothing has changed then
   */
  async alter(entity: QuotaEntityName, operations: readonly QuotaOperation[], validateOnly: boolean): Promise<void> {
    const { configs } = this.store;
    const { type, path, settable, allowed } = await this.placeOf(entity);
    const config = applyQuotaOperations(await configs.get(type, path), operations, settable);
    if (validateOnly) return;
    validateQuotaConfig(config, allowed);
    await configs.change(type, path, config);
  }

  private async placeOf(entity: QuotaEntityName): Promise<Place> {
    checkEntity(entity);
    const [user, clientId, ip] = [USER, CLIENT_ID, IP].map((type) => {
      const name = entity.get(type);
      return name === undefined ? undefined : sanitized(name);
    });
    if (ip !== undefined && (user !== undefined || clientId !== undefined)) {
      throw new KafkaError(
        'INVALID_REQUEST',
        'Invalid quota entity combination, IP entity should not be used with user/client ID entity.',
      );
    }
    if (ip !== undefined) {
      if (ip !== DEFAULT_ENTITY_NAME && (await this.network.resolve(ip)) === null) {
        throw new KafkaError('INVALID_REQUEST', `${ip} is not a valid IP or resolvable host.`);
      }
      return { type: 'ips', path: ip, settable: ipQuotaConfigs, allowed: ipQuotaConfigs };
    }
    if (user === undefined) {
      return { type: 'clients', path: clientId!, settable: clientQuotaConfigs, allowed: clientQuotaConfigs };
    }
    if (clientId !== undefined) {
      const path = `${user}/clients/${clientId}`;
      return { type: 'users', path, settable: userConfigs, allowed: clientQuotaConfigs };
    }
    const allowed = user === DEFAULT_ENTITY_NAME ? clientQuotaConfigs : userConfigs;
    return { type: 'users', path: user, settable: userConfigs, allowed };
  }
}

const isExact = (match: Match | undefined): match is { readonly name: string | null } =>
  match !== undefined && match !== 'any';

/** Whether a part of an entity is what its filter asks for; without a filter, whether it may be there. */
function holds(match: Match | undefined, name: string | null | undefined, strict: boolean): boolean {
  if (match === undefined) return name === undefined || !strict;
  return match === 'any' ? name !== undefined : name === match.name;
}

function matchesOf(components: readonly QuotaFilterComponent[]): Map<string, Match> {
  const parsed = components.map((component) => [component.entityType, matchOf(component)] as const);
  const matches = new Map<string, Match>();
  for (const [type, match] of parsed) {
    const name = Object.hasOwn(FILTER_NAMES, type) ? FILTER_NAMES[type] : undefined;
    if (type === '') throw new KafkaError('INVALID_REQUEST', 'Unexpected empty filter component entity type');
    if (name === undefined) throw new KafkaError('UNSUPPORTED_VERSION', `Custom entity type '${type}' not supported`);
    if (matches.has(type)) {
      throw new KafkaError('INVALID_REQUEST', `Duplicate ${name} filter component entity type`);
    }
    matches.set(type, match);
  }
  return matches;
}

function matchOf({ matchType, match }: QuotaFilterComponent): Match {
  if (matchType === 0 && match !== null) return { name: match };
  if (matchType === 1) return { name: null };
  if (matchType === 2) return 'any';
  // Kafka trips over an exact match of nothing and over types that are none.
  throw new KafkaError('UNKNOWN_SERVER_ERROR');
}

function checkEntity(entity: QuotaEntityName): void {
  if (entity.size === 0) throw new KafkaError('INVALID_REQUEST', 'Invalid empty client quota entity');
  for (const type of inOrder(entity)) {
    if (!ENTITY_ORDER.includes(type)) {
      throw new KafkaError('INVALID_REQUEST', `Unhandled client quota entity type: ${type}`);
    }
    if (entity.get(type) === '') throw new KafkaError('INVALID_REQUEST', `Empty ${type} not supported`);
  }
}

/** An entity's parts in the order in which Kafka looks at them and tells them. */
export function inOrder(entity: QuotaEntityName): string[] {
  return [
    ...ENTITY_ORDER.filter((type) => entity.has(type)),
    ...[...entity.keys()].filter((type) => !ENTITY_ORDER.includes(type)),
  ];
}
