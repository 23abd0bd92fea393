import { ERRORS } from '@odradek/protocol/errors';
import { AlterClientQuotas } from '@odradek/protocol/messages/alter-client-quotas';
import { AlterUserScramCredentials } from '@odradek/protocol/messages/alter-user-scram-credentials';
import { DescribeClientQuotas } from '@odradek/protocol/messages/describe-client-quotas';
import { DescribeUserScramCredentials } from '@odradek/protocol/messages/describe-user-scram-credentials';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import { type Admin, refusalOf } from '../client/admin';
import { execute } from '../client/futures';
import { hashMapOrder, stringHash } from '../java-order';
import { doubleText } from '../java-text';
import type { JsonDocument } from '../json-output';
import { type Io, println } from '../print';
import { illegalArgument, ServerError } from '../tool-error';
import type { Entities } from './arguments';
import type { Changes } from './changes';

import { isScram, SCRAM_MECHANISMS, saltPassword } from './scram';

const QUOTA_ENTITIES: Readonly<Record<string, string>> = { users: 'user', clients: 'client-id', ips: 'ip' };
const ENTITY_TEXT: readonly (readonly [string, string])[] = [
  ['user', 'user-principal'],
  ['client-id', 'client-id'],
  ['ip', 'ip'],
];
const CLIENT_QUOTAS = ['producer_byte_rate', 'consumer_byte_rate', 'request_percentage', 'controller_mutation_rate'];
/** What java.lang.Double.parseDouble reads, but for its hexadecimal form. */
const DOUBLE = /^[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?)$/;
const MATCH_EXACT = 0;
const MATCH_DEFAULT = 1;
const MATCH_ANY = 2;

const isQuota = (name: string): boolean => CLIENT_QUOTAS.includes(name);
const setText = (names: readonly string[]): string => `Set(${names.join(', ')})`;
const listText = (names: readonly string[]): string => `ArrayBuffer(${names.join(', ')})`;

type QuotaEntry = NonNullable<ResponseOf<typeof DescribeClientQuotas>['entries']>[number];

/** org.apache.kafka.common.quota.ClientQuotaEntity.hashCode: the client keeps the answer in a HashMap. */
function entityHash({ entity }: QuotaEntry): number {
  const parts = entity.map(({ entityType, entityName }) => {
    const name = entityName === null ? 0 : stringHash(entityName);
    return stringHash(entityType) ^ name;
  });
  return parts.reduce((sum, part) => (sum + part) | 0, 31);
}

async function describeQuotaEntities(admin: Admin, { types, names }: Entities): Promise<QuotaEntry[]> {
  if (names.length > types.length) throw illegalArgument('More entity names specified than entity types');
  const components = types.map((type, index) => {
    const name = names[index];
    const matchType = name === undefined ? MATCH_ANY : name === '' ? MATCH_DEFAULT : MATCH_EXACT;
    return { entityType: QUOTA_ENTITIES[type]!, matchType, match: matchType === MATCH_EXACT ? name! : null };
  });
  return execute(admin, 'describeClientQuotas', async (call) => {
    const response = await admin.toAny(call, DescribeClientQuotas, { components, strict: true });
    if (response.errorCode !== 0) throw refusalOf(response.errorCode, response.errorMessage);
    const entries = response.entries ?? [];
    return hashMapOrder(entries, entityHash, entries.length);
  });
}

async function printQuotas(admin: Admin, entities: Entities, io: Io): Promise<void> {
  for (const { entity, values } of await describeQuotaEntities(admin, entities)) {
    const who = ENTITY_TEXT.flatMap(([type, text]) => {
      const part = entity.find(({ entityType }) => entityType === type);
      if (!part) return [];
      return [part.entityName === null ? `the default ${text}` : `${text} '${part.entityName}'`];
    });
    const what = hashMapOrder(values, ({ key }) => stringHash(key)).map(
      ({ key, value }) => `${key}=${doubleText(value)}`,
    );
    println(io.stdout, `Quota configs for ${who.join(', ')} are ${what.join(', ')}`);
  }
}

/** Credentials of users that have some: which mechanism, and how often it hashes. */
async function scramOf(
  admin: Admin,
  { names }: Entities,
): Promise<{ user: string; credentials: { mechanism: string; iterations: number }[] }[]> {
  const users = names.map((name) => ({ name }));
  const response = await execute(admin, 'describeUserScramCredentials', async (call) => {
    const answer = await admin.toAny(call, DescribeUserScramCredentials, { users });
    if (answer.errorCode !== 0) throw refusalOf(answer.errorCode, answer.errorMessage);
    return answer;
  });
  const mechanisms = Object.entries(SCRAM_MECHANISMS);
  const nameOf = (mechanism: number): string =>
    mechanisms.find(([, { number }]) => number === mechanism)?.[0] ?? 'UNKNOWN';
  return (
    response.results
      // A user without credentials is not one of the result's users.
      .filter(({ errorCode }) => errorCode !== ERRORS.RESOURCE_NOT_FOUND.code)
      .map(({ user, credentialInfos }) => ({
        user,
        credentials: credentialInfos.map(({ mechanism, iterations }) => ({ mechanism: nameOf(mechanism), iterations })),
      }))
  );
}

async function printScram(admin: Admin, entities: Entities, io: Io): Promise<void> {
  for (const { user, credentials } of await scramOf(admin, entities)) {
    const infos = credentials.map(({ mechanism, iterations }) => `${mechanism}=iterations=${iterations}`);
    println(io.stdout, `SCRAM credential configs for user-principal '${user}' are ${infos.join(', ')}`);
  }
}

/** Whether credentials are described beside quotas: they are those of named users. */
const hasScram = ({ types, names }: Entities): boolean =>
  types[0] !== 'ips' && !types.includes('clients') && !names.includes('');

/** `--describe` of users, clients and ips as one JSON document. A name is null where the type's default is meant. */
export async function describeQuotasJson(admin: Admin, entities: Entities): Promise<JsonDocument> {
  const quotas = (await describeQuotaEntities(admin, entities)).map(({ entity, values }) => ({
    entity: Object.fromEntries(entity.map(({ entityType, entityName }) => [entityType, entityName])),
    configs: values.map(({ key, value }) => ({ name: key, value })),
  }));
  return { entities: quotas, ...(hasScram(entities) && { scramCredentials: await scramOf(admin, entities) }) };
}

/** `--describe` of users, clients and ips. */
export async function describeQuotas(admin: Admin, entities: Entities, io: Io): Promise<void> {
  await printQuotas(admin, entities, io);
  if (hasScram(entities)) await printScram(admin, entities, io);
}

/** `--alter` of users, clients and ips. */
export async function alterQuotas(admin: Admin, entities: Entities, changes: Changes): Promise<void> {
  const added = [...changes.added.keys()];
  const { deleted } = changes;
  if (entities.types[0] === 'ips') {
    const unknown = [...added, ...deleted].filter((name) => name !== 'connection_creation_rate');
    if (unknown.length > 0) {
      throw illegalArgument(
        `Only connection quota configs can be added for 'ips' using --bootstrap-server. Unexpected config names: ${unknown.join(',')}`,
      );
    }
    await changeQuotas(admin, entities, changes);
    return;
  }
  if (entities.types[0] === 'clients' || entities.types.length === 2) checkClients(added, deleted);
  else checkUsers(entities, added, deleted);
  if ([...added, ...deleted].some(isQuota)) await changeQuotas(admin, entities, changes);
  else await changeScram(admin, entities.names[0]!, changes);
}

function checkClients(added: readonly string[], deleted: readonly string[]): void {
  const refuse = (what: string, names: string): never => {
    throw illegalArgument(
      `Only quota configs can be ${what} for 'clients' using --bootstrap-server. Unexpected config names: ${names}`,
    );
  };
  const unknownAdded = added.filter((name) => !isQuota(name));
  if (unknownAdded.length > 0) refuse('added', setText(unknownAdded));
  const unknownDeleted = deleted.filter((name) => !isQuota(name));
  if (unknownDeleted.length > 0) refuse('deleted', listText(unknownDeleted));
}

function checkUsers({ names }: Entities, added: readonly string[], deleted: readonly string[]): void {
  const refuse = (what: string, list: string): never => {
    throw illegalArgument(
      `Only quota and SCRAM credential configs can be ${what} for 'users' using --bootstrap-server. Unexpected config names: ${list}`,
    );
  };
  const isUnknown = (name: string): boolean => !isQuota(name) && !isScram(name);
  if (added.some(isUnknown)) refuse('added', setText(added.filter(isUnknown)));
  if (deleted.some(isUnknown)) refuse('deleted', listText(deleted.filter(isUnknown)));
  const all = [...added, ...deleted];
  if (!all.some(isScram)) return;
  if (names.includes('')) {
    throw illegalArgument(
      'The use of --entity-default or --user-defaults is not allowed with User SCRAM Credentials using --bootstrap-server.',
    );
  }
  if (all.some(isQuota)) {
    throw illegalArgument(
      "Cannot alter both quota and SCRAM credential configs simultaneously for 'users' using --bootstrap-server.",
    );
  }
}

async function changeQuotas(admin: Admin, entities: Entities, { added, deleted }: Changes): Promise<void> {
  if (entities.types.length !== entities.names.length) {
    throw illegalArgument('Exactly one entity name must be specified for every entity type');
  }
  const old = (await describeQuotaEntities(admin, entities))[0]?.values.map(({ key }) => key) ?? [];
  const absent = deleted.filter((name) => !old.includes(name));
  if (absent.length > 0) throw new ServerError('INVALID_CONFIG', `Invalid config(s): ${absent.join(',')}`);
  const ops = [...added].map(([key, text]) => {
    if (!DOUBLE.test(text.trim())) {
      throw illegalArgument(`Cannot parse quota configuration value for ${key}: ${text}`);
    }
    return { key, value: Number(text.trim().replace(/[dDfF]$/, '')), remove: false };
  });
  const entity = entities.types.map((type, index) => ({
    entityType: QUOTA_ENTITIES[type]!,
    entityName: entities.names[index] || null,
  }));
  const removals = deleted.map((key) => ({ key, value: 0, remove: true }));
  const request = { entries: [{ entity, ops: [...ops, ...removals] }], validateOnly: false };
  await execute(admin, 'alterClientQuotas', async (call) => {
    const { entries } = await admin.toAny(call, AlterClientQuotas, request);
    for (const { errorCode, errorMessage } of entries) {
      if (errorCode !== 0) throw refusalOf(errorCode, errorMessage);
    }
  });
}

async function changeScram(admin: Admin, user: string, { added, deleted }: Changes): Promise<void> {
  const upsertions = [...added].filter((entry): entry is [keyof typeof SCRAM_MECHANISMS, string] => isScram(entry[0]));
  const request = {
    deletions: deleted.filter(isScram).map((name) => ({ name: user, mechanism: SCRAM_MECHANISMS[name].number })),
    upsertions: upsertions.map(([mechanism, text]) => ({
      name: user,
      mechanism: SCRAM_MECHANISMS[mechanism].number,
      ...saltPassword(mechanism, text),
    })),
  };
  await execute(admin, 'alterUserScramCredentials', async (call) => {
    const firstError = ({ results }: ResponseOf<typeof AlterUserScramCredentials>): number =>
      results[0]?.errorCode ?? 0;
    const { results } = await admin.toController(call, AlterUserScramCredentials, request, firstError);
    for (const { errorCode, errorMessage } of results) {
      if (errorCode !== 0) throw refusalOf(errorCode, errorMessage);
    }
  });
}
