import { AlterClientQuotas } from '@odradek/protocol/messages/alter-client-quotas';
import { ApiVersions } from '@odradek/protocol/messages/api-versions';
import { CreatePartitions } from '@odradek/protocol/messages/create-partitions';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { DescribeClientQuotas } from '@odradek/protocol/messages/describe-client-quotas';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { Metadata } from '@odradek/protocol/messages/metadata';
import { Produce } from '@odradek/protocol/messages/produce';
import type { RequestInit } from '@odradek/protocol/schema/api';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { batch } from '../records';

type Entry = RequestInit<typeof AlterClientQuotas>['entries'][number];
type Component = RequestInit<typeof DescribeClientQuotas>['components'][number];
/** Entity types and names, null for the default. */
type Entity = Readonly<Record<string, string | null>>;

const parts = (entity: Entity) =>
  Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName }));

/** Values to set; null takes one back. */
const entry = (entity: Entity, values: Readonly<Record<string, number | null>>): Entry => ({
  entity: parts(entity),
  ops: Object.entries(values).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
});
const alteration = (entries: readonly Entry[], validateOnly = false) => ({ entries: [...entries], validateOnly });

const exact = (entityType: string, match: string | null): Component => ({ entityType, matchType: 0, match });
const byDefault = (entityType: string): Component => ({ entityType, matchType: 1, match: null });
const any = (entityType: string): Component => ({ entityType, matchType: 2, match: null });

const RATES = { producer_byte_rate: 1e12, consumer_byte_rate: 2e12 };
const ALL = { ...RATES, request_percentage: 12345.5, controller_mutation_rate: 0.25 };

const ENTITIES: readonly Entity[] = [
  { user: 'alice' },
  { user: 'bob & co*/%' },
  { user: null },
  { user: 'alice', 'client-id': 'app' },
  { 'client-id': 'app', user: 'bob & co*/%' },
  { user: 'alice', 'client-id': null },
  { user: null, 'client-id': 'app' },
  { user: null, 'client-id': null },
  { 'client-id': 'app' },
  { 'client-id': 'käfer 1' },
  { 'client-id': null },
];
const IPS: readonly Entity[] = [{ ip: '10.0.0.1' }, { ip: 'localhost' }, { ip: null }];

const FILTERS: readonly (readonly [note: string, components: readonly Component[]])[] = [
  ['nothing', []],
  ['any user', [any('user')]],
  ['any client', [any('client-id')]],
  ['any address', [any('ip')]],
  ['any user and client', [any('user'), any('client-id')]],
  ['a user', [exact('user', 'alice')]],
  ['a user of odd name', [exact('user', 'bob & co*/%')]],
  ['a client', [exact('client-id', 'app')]],
  ['a client of odd name', [exact('client-id', 'käfer 1')]],
  ['a user and a client', [exact('user', 'alice'), exact('client-id', 'app')]],
  ['a user and any client', [exact('user', 'alice'), any('client-id')]],
  ['any user and a client', [any('user'), exact('client-id', 'app')]],
  ['a user and the default client', [exact('user', 'alice'), byDefault('client-id')]],
  ['the default user', [byDefault('user')]],
  ['the default client', [byDefault('client-id')]],
  ['both defaults', [byDefault('user'), byDefault('client-id')]],
  ['an address', [exact('ip', '10.0.0.1')]],
  ['the default address', [byDefault('ip')]],
  ['nobody', [exact('user', 'carol')]],
  ['a name of the default’s', [exact('user', '<default>')]],
  ['an empty user', [exact('user', '')]],
  ['an empty client', [exact('client-id', '')]],
];

const BAD_FILTERS: typeof FILTERS = [
  ['a user twice', [exact('user', 'a'), any('user')]],
  ['a client twice', [exact('client-id', 'a'), exact('client-id', 'b')]],
  ['an address twice', [any('ip'), any('ip')]],
  ['an address and a user', [any('ip'), any('user')]],
  ['an address and a client', [exact('client-id', 'a'), byDefault('ip')]],
  ['no type', [exact('', 'a')]],
  ['an unknown type', [exact('group', 'a')]],
  ['a user and an unknown type', [any('user'), exact('User', 'a')]],
  ['exactly null', [exact('user', null)]],
  ['match 3', [{ entityType: 'user', matchType: 3, match: 'a' }]],
  ['match -1', [{ entityType: 'user', matchType: -1, match: null }]],
  ['a default with a name', [{ entityType: 'user', matchType: 1, match: 'alice' }]],
  ['any with a name', [{ entityType: 'user', matchType: 2, match: 'alice' }]],
];

async function describe(both: Both, filters: typeof FILTERS, when: string): Promise<void> {
  for (const [note, components] of filters) {
    for (const strict of [false, true]) {
      await both.sendEvery(DescribeClientQuotas, () => ({ components: [...components], strict }), {
        note: `${when}: ${note}${strict ? ', strictly' : ''}`,
      });
    }
  }
}

async function alterAndDescribe(both: Both): Promise<void> {
  await describe(both, FILTERS.slice(0, 6), 'nothing set');
  await describe(both, BAD_FILTERS, 'bad filters');
  const alter = (note: string, entries: readonly Entry[], validateOnly = false) =>
    both.sendEvery(AlterClientQuotas, () => alteration(entries, validateOnly), { note });
  await alter('nothing', []);
  await alter(
    'only validated',
    ENTITIES.map((entity) => entry(entity, ALL)),
    true,
  );
  await describe(both, FILTERS.slice(0, 1), 'after a validation');
  for (const [index, entity] of ENTITIES.entries()) {
    await alter(`set ${JSON.stringify(entity)}`, [entry(entity, index % 2 === 0 ? ALL : RATES)]);
  }
  for (const entity of IPS)
    await alter(`set ${JSON.stringify(entity)}`, [entry(entity, { connection_creation_rate: 5e6 })]);
  await describe(both, FILTERS, 'all set');
  await alter('take some back and set others', [
    entry({ user: 'alice' }, { producer_byte_rate: null, consumer_byte_rate: 7e12 }),
    entry({ user: 'alice', 'client-id': 'app' }, { no_such_key: null, request_percentage: null }),
    entry({ user: null }, { producer_byte_rate: null }),
  ]);
  await alter('an entity twice', [
    entry({ user: 'dora' }, { producer_byte_rate: 1e12 }),
    entry({ 'client-id': 'between' }, { producer_byte_rate: 1e12 }),
    entry({ user: 'dora' }, { consumer_byte_rate: 2e12, no_such: 1 }),
  ]);
  await describe(both, FILTERS, 'some taken back');
  const nothing = {
    producer_byte_rate: null,
    consumer_byte_rate: null,
    request_percentage: null,
    controller_mutation_rate: null,
  };
  for (const entity of [...ENTITIES, { user: 'dora' }, { 'client-id': 'between' }]) {
    await alter(`take back ${JSON.stringify(entity)}`, [entry(entity, nothing)]);
  }
  for (const entity of IPS)
    await alter(`take back ${JSON.stringify(entity)}`, [entry(entity, { connection_creation_rate: null })]);
  await describe(both, FILTERS.slice(0, 6), 'all taken back');
}

async function refused(both: Both): Promise<void> {
  const user = { user: 'erna' };
  const bad: readonly (readonly [note: string, entity: Entity, values: Readonly<Record<string, number | null>>])[] = [
    ['no entity', {}, RATES],
    ['unknown type', { group: 'g' }, RATES],
    ['unknown type beside a user', { user: 'u', group: 'g' }, RATES],
    ['empty user', { user: '' }, RATES],
    ['empty client', { 'client-id': '' }, RATES],
    ['empty client of a user', { user: 'u', 'client-id': '' }, RATES],
    ['empty user of a client', { user: '', 'client-id': '' }, RATES],
    ['empty address', { ip: '' }, { connection_creation_rate: 1 }],
    ['no such host', { ip: 'no such host' }, { connection_creation_rate: 1 }],
    ['no address', { ip: '256.1.1.1' }, { connection_creation_rate: 1 }],
    ['IPv6', { ip: '::1' }, { connection_creation_rate: 1 }],
    ['address and user', { ip: '10.0.0.1', user: 'u' }, { connection_creation_rate: 1 }],
    ['address and client', { ip: '10.0.0.1', 'client-id': 'c' }, { connection_creation_rate: 1 }],
    ['unknown key', user, { bytes: 1 }],
    ['empty key', user, { '': 1 }],
    ['an address’s key', user, { connection_creation_rate: 1 }],
    ['a user’s key', { ip: '10.0.0.1' }, { producer_byte_rate: 1 }],
    ['one key good, one bad', user, { producer_byte_rate: 1e12, bytes: 1 }],
    ['a fraction of bytes', user, { producer_byte_rate: 1.5 }],
    [
      'nearly a whole number',
      { user: 'nearly' },
      { producer_byte_rate: 1e12 + 0.0001, consumer_byte_rate: 999999.9999999 },
    ],
    ['negative bytes', user, { consumer_byte_rate: -1 }],
    ['next to nothing below zero', { user: 'zero' }, { consumer_byte_rate: -1e-7 }],
    ['no number', { user: 'nan' }, { producer_byte_rate: Number.NaN, request_percentage: Number.NaN }],
    ['endless bytes', user, { producer_byte_rate: Number.POSITIVE_INFINITY }],
    ['endless percentage', { user: 'endless' }, { request_percentage: Number.POSITIVE_INFINITY }],
    ['too many bytes', user, { producer_byte_rate: 1e19 }],
    ['all bytes that a long holds', { user: 'long' }, { producer_byte_rate: 9.3e18, consumer_byte_rate: 2 ** 63 }],
    [
      'beyond 2^53',
      { user: 'large' },
      { producer_byte_rate: 123456789012345680000, consumer_byte_rate: 1234567890123456800 },
    ],
    ['large and exact', { user: 'exact' }, { consumer_byte_rate: 1234567890123456800 }],
    ['negative percentage', { user: 'minus' }, { request_percentage: -1 }],
    ['small and large percentages', { user: 'text' }, { request_percentage: 1e-5, controller_mutation_rate: 1.5e10 }],
    ['half a connection', { ip: '10.0.0.2' }, { connection_creation_rate: 0.5 }],
    ['negative connections', { ip: '10.0.0.2' }, { connection_creation_rate: -1 }],
    ['too many connections', { ip: '10.0.0.2' }, { connection_creation_rate: 3e9 }],
    ['credentials', user, { 'SCRAM-SHA-256': 1 }],
    ['credentials of a client', { 'client-id': 'c' }, { 'SCRAM-SHA-256': 1 }],
    ['credentials of the default user', { user: null }, { 'SCRAM-SHA-512': 1 }],
  ];
  for (const [note, entity, values] of bad) {
    for (const validateOnly of [true, false]) {
      await both.sendEvery(AlterClientQuotas, () => alteration([entry(entity, values)], validateOnly), {
        note: `${note}${validateOnly ? ', only validated' : ''}`,
      });
    }
  }
  const duplicates = (entity: Entry['entity']): Entry => ({
    entity,
    ops: [
      { key: 'producer_byte_rate', value: 1e12, remove: false },
      { key: 'producer_byte_rate', value: 2e12, remove: false },
      { key: 'consumer_byte_rate', value: 2e12, remove: false },
      { key: 'consumer_byte_rate', value: 1, remove: true },
    ],
  });
  await both.sendEvery(
    AlterClientQuotas,
    () => alteration([duplicates([...parts({ user: 'u1' }), ...parts({ user: 'u2' })])]),
    { note: 'a type twice, keys twice' },
  );
  await both.sendEvery(
    AlterClientQuotas,
    () => alteration([entry({ user: 'good' }, RATES), entry({ user: '' }, RATES), entry({ ip: null }, { x: 1 })]),
    { note: 'good and bad ones together' },
  );
  await describe(both, FILTERS.slice(0, 5), 'what was taken');
  const names = ['nearly', 'zero', 'nan', 'endless', 'long', 'large', 'exact', 'minus', 'text', 'u1', 'u2', 'good'];
  const gone = {
    producer_byte_rate: null,
    consumer_byte_rate: null,
    request_percentage: null,
    controller_mutation_rate: null,
  };
  await both.send(AlterClientQuotas, 1, alteration(names.map((name) => entry({ user: name }, gone))), {
    note: 'tidy up',
  });
}

/** Sets quotas of clients and waits until both brokers hold them to those. */
async function hold(
  both: Both,
  clientIds: readonly string[],
  values: Readonly<Record<string, number | null>>,
): Promise<void> {
  const entries = clientIds.map((clientId) => entry({ 'client-id': clientId }, values));
  await both.send(AlterClientQuotas, 1, alteration(entries), { note: `hold ${clientIds.join(', ')}` });
  await new Promise((resolve) => setTimeout(resolve, 1000));
}

/** The first request of a client that exceeds its quota tells exactly for how long: its rate's window has just begun. */
async function bytes(both: Both): Promise<void> {
  await both.createTopic('quotas-bytes');
  const value = Buffer.alloc(12_000, 'x');
  const produce = (acks: number) => ({
    acks,
    timeoutMs: 5000,
    topicData: [{ name: 'quotas-bytes', partitionData: [{ index: 0, records: batch(1, {}, { value }) }] }],
  });
  const fetch = (partitionMaxBytes: number) => ({
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1 << 20,
    topics: [
      {
        topic: 'quotas-bytes',
        topicId: both.topicId('quotas-bytes')('ours'),
        partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes }],
      },
    ],
    forgottenTopicsData: [],
  });
  const produceVersions = [3, 7, 9, 11];
  const fetchVersions = [1, 4, 11, 12, 13, 16];
  const clientIds = [
    ...produceVersions.map((version) => `quotas-produce-${version}`),
    ...fetchVersions.map((version) => `quotas-fetch-${version}`),
  ];
  await hold(both, clientIds, { producer_byte_rate: 1000, consumer_byte_rate: 1000 });
  for (const version of produceVersions) {
    const clientId = `quotas-produce-${version}`;
    await both.send(Produce, version, produce(1), { clientId, alone: true, note: 'beyond the quota' });
  }
  await hold(both, ['quotas-none'], { producer_byte_rate: 0, consumer_byte_rate: 0 });
  await both.send(Produce, 9, produce(1), { clientId: 'quotas-none', alone: true, note: 'a quota of nothing' });
  await both.send(Fetch, 11, fetch(1 << 20), { clientId: 'quotas-none', alone: true, note: 'a quota of nothing' });
  for (const version of fetchVersions) {
    const clientId = `quotas-fetch-${version}`;
    const request = fetch(1 << 20);
    await both.send(
      Fetch,
      version,
      (side) => ({ ...request, topics: [{ ...request.topics[0]!, topicId: both.topicId('quotas-bytes')(side) }] }),
      { clientId, alone: true, note: 'beyond the quota' },
    );
  }
  await hold(both, [...clientIds, 'quotas-none'], { producer_byte_rate: null, consumer_byte_rate: null });
}

/** An answer that tells of a throttle comes at once; what follows on the connection waits for its end (KIP-219). */
async function muted(both: Both): Promise<void> {
  await both.createTopic('quotas-muted');
  await hold(both, ['quotas-muted'], { producer_byte_rate: 1000 });
  const value = Buffer.alloc(12_000, 'x');
  const topicData = [{ name: 'quotas-muted', partitionData: [{ index: 0, records: batch(1, {}, { value }) }] }];
  const produce = { acks: 1, timeoutMs: 5000, topicData };
  await both.send(Produce, 9, produce, { clientId: 'quotas-muted', note: 'beyond the quota', waitsMs: 2000 });
  await both.send(Metadata, 9, { topics: [] }, { note: 'behind it', waitsMs: 2000 });
  await both.send(Metadata, 9, { topics: [] }, { note: 'after the throttle', waitsMs: 2000 });
  await hold(both, ['quotas-muted'], { producer_byte_rate: null });
}

async function time(both: Both): Promise<void> {
  await hold(both, ['quotas-time'], { request_percentage: 1e-9 });
  for (const version of [0, 2, 4]) {
    await both.send(
      ApiVersions,
      version,
      { clientSoftwareName: 'interop', clientSoftwareVersion: '1' },
      {
        clientId: 'quotas-time',
        alone: true,
        note: 'beyond the quota',
        except: {
          paths: ['apiKeys', 'finalizedFeatures', 'supportedFeatures'],
          why: 'what is served is not what this is about',
        },
      },
    );
  }
  await hold(both, ['quotas-time'], { request_percentage: null });
}

async function mutations(both: Both): Promise<void> {
  const TIMEOUT_MS = 20_000;
  const except = { paths: ['throttleTimeMs'], why: 'the bucket refills while requests are on their way' };
  const topic = (name: string) => ({ name, numPartitions: 30, replicationFactor: 1, assignments: [], configs: [] });
  for (const [version, partitionsVersion, deleteVersion] of [
    [5, 2, 4],
    [7, 3, 6],
  ] as const) {
    const clientId = `quotas-mutations-${version}`;
    const name = `quotas-mutations-${version}`;
    const options = { clientId, alone: true, except };
    await hold(both, [clientId], { controller_mutation_rate: 0.1 });
    const create = (names: readonly string[], validateOnly = false) => ({
      topics: names.map(topic),
      timeoutMs: TIMEOUT_MS,
      validateOnly,
    });
    await both.send(CreateTopics, version, create([`${name}-a`]), { ...options, note: 'overdraws' });
    await both.send(CreateTopics, version, create([`${name}-b`]), { ...options, note: 'overdrawn' });
    await both.send(CreateTopics, version, create([`${name}-c`], true), {
      ...options,
      note: 'overdrawn, only validated',
    });
    await both.send(CreateTopics, version, create([`${name}-a`]), { ...options, note: 'overdrawn, and it exists' });
    const more = {
      topics: [{ name: `${name}-a`, count: 31, assignments: null }],
      timeoutMs: TIMEOUT_MS,
      validateOnly: false,
    };
    await both.send(CreatePartitions, partitionsVersion, more, { ...options, note: 'overdrawn' });
    const gone = [`${name}-a`, `${name}-b`, `${name}-nowhere`];
    const remove =
      deleteVersion < 6
        ? { topicNames: gone, timeoutMs: TIMEOUT_MS }
        : { topics: gone.map((it) => ({ name: it })), timeoutMs: TIMEOUT_MS };
    await both.send(DeleteTopics, deleteVersion, remove, { ...options, note: 'overdrawn' });
    await hold(both, [clientId], { controller_mutation_rate: null });
  }
}

export const quotas: readonly Scenario[] = [
  { name: 'quotas: alter and describe', run: alterAndDescribe },
  { name: 'quotas: refused', run: refused },
  { name: 'quotas: bytes', run: bytes },
  { name: 'quotas: muted', run: muted },
  { name: 'quotas: time', run: time },
  { name: 'quotas: mutations', run: mutations },
];
