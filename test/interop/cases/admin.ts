import { AlterConfigs } from '@odradek/protocol/messages/alter-configs';
import { AlterUserScramCredentials } from '@odradek/protocol/messages/alter-user-scram-credentials';
import { ConsumerGroupDescribe } from '@odradek/protocol/messages/consumer-group-describe';
import { ConsumerGroupHeartbeat } from '@odradek/protocol/messages/consumer-group-heartbeat';
import { CreateAcls } from '@odradek/protocol/messages/create-acls';
import { CreateDelegationToken } from '@odradek/protocol/messages/create-delegation-token';
import { DeleteAcls } from '@odradek/protocol/messages/delete-acls';
import { DescribeAcls } from '@odradek/protocol/messages/describe-acls';
import { DescribeConfigs } from '@odradek/protocol/messages/describe-configs';
import { DescribeDelegationToken } from '@odradek/protocol/messages/describe-delegation-token';
import { DescribeUserScramCredentials } from '@odradek/protocol/messages/describe-user-scram-credentials';
import { ElectLeaders } from '@odradek/protocol/messages/elect-leaders';
import { Envelope } from '@odradek/protocol/messages/envelope';
import { ExpireDelegationToken } from '@odradek/protocol/messages/expire-delegation-token';
import { IncrementalAlterConfigs } from '@odradek/protocol/messages/incremental-alter-configs';
import { ListPartitionReassignments } from '@odradek/protocol/messages/list-partition-reassignments';
import { RenewDelegationToken } from '@odradek/protocol/messages/renew-delegation-token';
import { SaslAuthenticate } from '@odradek/protocol/messages/sasl-authenticate';
import { SaslHandshake } from '@odradek/protocol/messages/sasl-handshake';
import { UpdateFeatures } from '@odradek/protocol/messages/update-features';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { createZNode, untilLed } from '../zookeeper';

const LOGGER = 8;
const CLIENT_METRICS = 16;
const SET = 0;
const DELETE = 1;
/** A logger that both brokers have. */
const NAME = 'kafka.server.KafkaServer';

/** Refused requests close the connection: each is sent on its own. */
const alone = { alone: true };

async function acls(both: Both): Promise<void> {
  const good = {
    resourceType: 2,
    resourceName: 'acls',
    resourcePatternType: 3,
    principal: 'User:a',
    host: '*',
    operation: 3,
    permissionType: 3,
  };
  const filter = {
    resourceTypeFilter: 1,
    resourceNameFilter: null,
    patternTypeFilter: 3,
    principalFilter: null,
    hostFilter: null,
    operation: 1,
    permissionType: 1,
  };
  const odd = [
    {},
    { operation: 0 },
    { permissionType: 0 },
    { operation: 99 },
    { permissionType: -1 },
    { resourceName: '', principal: '', host: '' },
  ];
  for (const change of odd) {
    const note = JSON.stringify(change);
    await both.sendEvery(CreateAcls, () => ({ creations: [good, { ...good, ...change }] }), { note, ...alone });
    await both.sendEvery(DescribeAcls, () => ({ ...filter, ...change }), { note, ...alone });
    await both.sendEvery(DeleteAcls, () => ({ filters: [filter, { ...filter, ...change }] }), { note, ...alone });
  }
  const later = { from: 1, to: 3 };
  for (const patternType of [0, 1, 2, 4, 9]) {
    const options = { note: `pattern type ${patternType}`, ...alone };
    const creations = [{ ...good, resourcePatternType: patternType }];
    const filtered = { ...filter, patternTypeFilter: patternType };
    await both.sendEvery(CreateAcls, () => ({ creations }), options, later);
    await both.sendEvery(DescribeAcls, () => filtered, options, later);
    await both.sendEvery(DeleteAcls, () => ({ filters: [filtered] }), options, later);
  }
  for (const resourceType of [0, 7, 99]) {
    const options = { note: `resource type ${resourceType}`, ...alone };
    await both.sendEvery(CreateAcls, () => ({ creations: [{ ...good, resourceType }] }), options);
    await both.sendEvery(DescribeAcls, () => ({ ...filter, resourceTypeFilter: resourceType }), options);
    const filters = [{ ...filter, resourceTypeFilter: resourceType }];
    await both.sendEvery(DeleteAcls, () => ({ filters }), options);
  }
  await both.sendEvery(CreateAcls, () => ({ creations: [] }), { note: 'none' });
  await both.sendEvery(DeleteAcls, () => ({ filters: [] }), { note: 'none' });
}

async function tokensAndSasl(both: Both): Promise<void> {
  const hmac = Buffer.from('nobody has this');
  const renewers = [{ principalType: 'User', principalName: 'a' }];
  await both.sendEvery(CreateDelegationToken, () => ({ renewers, maxLifetimeMs: -1 }), {}, { from: 0, to: 2 });
  const owners: readonly (readonly [string | null, string | null])[] = [
    [null, null],
    ['', ''],
    ['User', 'alice'],
    ['User', ''],
    ['', 'alice'],
    ['Other', 'alice'],
    [null, 'alice'],
    ['User', null],
  ];
  for (const [ownerPrincipalType, ownerPrincipalName] of owners) {
    const request = { ownerPrincipalType, ownerPrincipalName, renewers, maxLifetimeMs: 5 };
    await both.send(CreateDelegationToken, 3, request, {
      note: `${ownerPrincipalType}:${ownerPrincipalName}`,
      ...alone,
    });
  }
  const others = [{ principalType: 'Other', principalName: 'a' }];
  await both.sendEvery(CreateDelegationToken, () => ({ renewers: others, maxLifetimeMs: -1 }), {}, { from: 0, to: 2 });
  await both.sendEvery(RenewDelegationToken, () => ({ hmac, renewPeriodMs: 1 }));
  await both.sendEvery(ExpireDelegationToken, () => ({ hmac, expiryTimePeriodMs: 1 }));
  for (const wanted of [null, [], renewers]) {
    await both.sendEvery(DescribeDelegationToken, () => ({ owners: wanted }), { note: JSON.stringify(wanted) });
  }
  for (const mechanism of ['PLAIN', 'NONE', '']) await both.sendEvery(SaslHandshake, () => ({ mechanism }));
  for (const authBytes of [Buffer.alloc(0), hmac]) await both.sendEvery(SaslAuthenticate, () => ({ authBytes }));
  const enveloped = { requestData: hmac, requestPrincipal: null, clientHostAddress: Buffer.from([127, 0, 0, 1]) };
  await both.send(Envelope, 0, enveloped, alone);
}

async function features(both: Both): Promise<void> {
  const update = (feature: string, maxVersionLevel: number) => ({ feature, maxVersionLevel });
  await both.sendEvery(UpdateFeatures, () => ({ featureUpdates: [] }), { note: 'none' });
  for (const feature of ['metadata.version', 'kraft.version', 'nonsense', '']) {
    for (const level of [-1, 0, 1, 99]) {
      const note = `${feature} to ${level}`;
      for (const allowDowngrade of [true, false]) {
        const featureUpdates = [{ ...update(feature, level), allowDowngrade }];
        await both.send(UpdateFeatures, 0, { featureUpdates }, { note });
      }
      for (const upgradeType of [0, 1, 2, 3, 4, -1]) {
        const featureUpdates = [{ ...update(feature, level), upgradeType }];
        await both.send(UpdateFeatures, 1, { featureUpdates }, { note: `${note}, type ${upgradeType}` });
      }
    }
  }
  const several = { featureUpdates: [update('a', 1), update('b', 0), update('', 1)], validateOnly: true };
  await both.send(UpdateFeatures, 1, several, { note: 'several' });
  const twice = { featureUpdates: [update('a', 1), update('a', 0)] };
  await both.sendEvery(UpdateFeatures, () => twice, { note: 'one twice' });
}

async function newGroups(both: Both): Promise<void> {
  const heartbeat = { groupId: 'new', memberId: '', memberEpoch: 0, subscribedTopicNames: ['t'], topicPartitions: [] };
  await both.send(ConsumerGroupHeartbeat, 0, heartbeat);
  await both.send(ConsumerGroupHeartbeat, 0, { ...heartbeat, groupId: '', memberEpoch: -1 }, { note: 'no group' });
  for (const groupIds of [[], ['new'], ['a', 'b', 'a', '']]) {
    for (const includeAuthorizedOperations of [true, false]) {
      const request = { groupIds, includeAuthorizedOperations };
      await both.send(ConsumerGroupDescribe, 0, request, { note: JSON.stringify(request) });
    }
  }
}

async function scram(both: Both): Promise<void> {
  const [salt, saltedPassword] = [Buffer.from('salt'), Buffer.from('0123456789abcdef')];
  const upsert = (name: string, mechanism = 1, iterations = 4096) => ({
    name,
    mechanism,
    iterations,
    salt,
    saltedPassword,
  });
  const remove = (name: string, mechanism = 1) => ({ name, mechanism });
  const describe = (...names: string[]) =>
    both.send(DescribeUserScramCredentials, 0, { users: names.map((name) => ({ name })) }, { note: names.join(' ') });
  const alter = async (
    note: string,
    upsertions: ReturnType<typeof upsert>[],
    deletions: ReturnType<typeof remove>[] = [],
  ): Promise<void> => {
    await both.send(AlterUserScramCredentials, 0, { upsertions, deletions }, { note });
    await both.send(DescribeUserScramCredentials, 0, { users: null }, { note: `all after: ${note}` });
  };
  await describe();
  await describe('nobody');
  await describe('');
  await describe('nobody', 'nobody', '', '');
  await alter('nothing', []);
  await alter('no name', [upsert('')]);
  await alter('no name, no mechanism', [upsert('', 0)], [remove('', 0)]);
  for (const mechanism of [0, 3, -1]) await alter(`mechanism ${mechanism}`, [upsert('u', mechanism)]);
  for (const iterations of [-1, 0, 4095, 16385]) await alter(`${iterations} iterations`, [upsert('u', 1, iterations)]);
  await alter('an empty password', [{ ...upsert('u'), saltedPassword: Buffer.alloc(0) }]);
  await alter('no salt', [{ ...upsert('u'), salt: Buffer.alloc(0) }]);
  await alter('three at once', [upsert('alice'), upsert('alice', 2, 16384), upsert('bob', 2, 8192)]);
  await describe('alice', 'bob', 'carol');
  await describe('alice', 'bob', 'bob');
  await alter('one twice', [upsert('alice'), upsert('alice'), upsert('bob')]);
  await alter('one set and removed', [upsert('alice')], [remove('alice')]);
  await alter('one set, the other removed', [upsert('alice', 2, 5000)], [remove('alice')]);
  await alter('what is not there', [], [remove('alice'), remove('nobody')]);
  await alter('one that is not there beside one that is', [upsert('alice')], [remove('alice', 2), remove('alice', 7)]);
  await alter('many mistakes', [upsert('a', 1, 1), upsert('a', 0), upsert('a')], [remove('b', 9), remove('')]);
  await alter('a name that must be escaped', [upsert("we ird*/ü~(')<default>")]);
  await alter('as the default is called', [upsert('<default>')]);
  await describe("we ird*/ü~(')<default>", '<default>');
  await alter('the last of each', [], [remove('alice', 2), remove('bob'), remove('bob', 2), remove('u')]);
}

async function elections(both: Both): Promise<void> {
  await both.createTopic('elected', { partitions: 2 });
  const asked = (topicPartitions: { topic: string; partitions: number[] }[] | null) => ({
    topicPartitions,
    timeoutMs: 5_000,
  });
  const all: readonly (readonly [string, Parameters<typeof asked>[0]])[] = [
    ['all', null],
    ['none', []],
    ['a topic without partitions', [{ topic: 'elected', partitions: [] }]],
    ['led as preferred', [{ topic: 'elected', partitions: [0, 1] }]],
    [
      'unknown',
      [
        { topic: 'elected', partitions: [0, 7, 7, -1] },
        { topic: 'nowhere', partitions: [0] },
      ],
    ],
    [
      'a name that is none',
      [
        { topic: 'a b', partitions: [0] },
        { topic: '', partitions: [0] },
      ],
    ],
  ];
  for (const [note, partitions] of all) {
    await both.send(ElectLeaders, 0, asked(partitions), { note });
    for (const electionType of [0, 1, 2, -1]) {
      const request = { ...asked(partitions), electionType };
      await both.sendEvery(ElectLeaders, () => request, { note: `${note}, type ${electionType}` }, { from: 1, to: 2 });
    }
  }
  // The first replica has never lived.
  const partitions = { 0: [7, 0], 1: [0, 7] };
  await writeTopic(both, 'elected-away', 'AAAAAAAAAAAAAAAAAAABEQ', { partitions });
  const away = [{ topic: 'elected-away', partitions: [0, 1] }];
  for (const electionType of [0, 1]) {
    const note = `the preferred is away, type ${electionType}`;
    await both.send(ElectLeaders, 2, { ...asked(away), electionType }, { note });
    await both.send(ElectLeaders, 2, { ...asked(null), electionType }, { note: `${note}, all` });
  }
}

async function reassignments(both: Both): Promise<void> {
  await both.createTopic('unmoved');
  const list = (note: string, topics: { name: string; partitionIndexes: number[] }[] | null) =>
    both.send(ListPartitionReassignments, 0, { topics }, { note });
  await list('all', null);
  await list('none', []);
  await list('not moving', [{ name: 'unmoved', partitionIndexes: [0, 9] }]);
  await list('unknown', [{ name: 'nowhere', partitionIndexes: [0] }]);
  // To a broker that never comes: ours would go on with the move, Apache's only after the next election.
  await writeTopic(both, 'moving', 'AAAAAAAAAAAAAAAAAAABEg', {
    partitions: { 0: [0, 99], 1: [0] },
    adding_replicas: { 0: [99] },
    removing_replicas: { 0: [0] },
  });
  await list('moving', [{ name: 'moving', partitionIndexes: [0, 1, 0] }]);
}

/** Writes a topic's znode for both controllers to find, and waits until they have made it. */
async function writeTopic(
  both: Both,
  name: string,
  topicId: string,
  assignment: Readonly<Record<string, unknown>>,
): Promise<void> {
  const moves = { adding_replicas: {}, removing_replicas: {} };
  const content = { version: 3, topic_id: topicId, ...moves, ...assignment };
  await createZNode(both.world, `/brokers/topics/${name}`, JSON.stringify(content));
  await untilLed(both.world, name);
}

async function loggers(both: Both): Promise<void> {
  const describe = (note: string, name: string, configurationKeys: string[], options = {}) =>
    both.sendEvery(
      DescribeConfigs,
      () => ({ resources: [{ resourceType: LOGGER, resourceName: name, configurationKeys }], ...options }),
      { note },
      { from: 'includeDocumentation' in options ? 3 : 1, to: 4 },
    );
  await describe('two loggers', '0', ['root', NAME]);
  await describe('documentation', '0', ['root'], { includeDocumentation: true, includeSynonyms: true });
  await describe('no such logger', '0', ['nope']);
  for (const name of ['', '1', '-1', '+0', ' 0', 'x', '99999999999'])
    await describe(`broker "${name}"`, name, ['root']);
  const operation = (name: string, value: string | null, configOperation = SET) => ({ name, configOperation, value });
  const alter = async (note: string, name: string, ...configs: ReturnType<typeof operation>[]): Promise<void> => {
    for (const validateOnly of [true, false]) {
      const resources = [{ resourceType: LOGGER, resourceName: name, configs }];
      await both.sendEvery(IncrementalAlterConfigs, () => ({ resources, validateOnly }), { note });
      await describe(`after: ${note}`, '0', ['root', NAME]);
    }
  };
  for (const level of ['TRACE', 'FATAL', 'ERROR', 'WARN', 'INFO', 'OFF', 'ALL', 'info', ' INFO', '']) {
    await alter(`level "${level}"`, '0', operation(NAME, level));
  }
  await alter('root', '0', operation('root', 'ERROR'));
  await alter('remove', '0', operation(NAME, null, DELETE));
  await alter('remove again, with a value', '0', operation(NAME, 'INFO', DELETE));
  await alter('remove root', '0', operation(NAME, 'DEBUG'), operation('root', null, DELETE));
  await alter('no such logger', '0', operation(NAME, 'DEBUG'), operation('nope', 'INFO'));
  await alter('remove no such logger', '0', operation('nope', null, DELETE));
  for (const type of [2, 3, 4, -1]) await alter(`operation ${type}`, '0', operation('root', 'INFO', type));
  await alter('null', '0', operation('root', null));
  await alter('twice', '0', operation('root', 'INFO'), operation('root', 'WARN'));
  await alter('nothing', '0');
  for (const name of ['', '1', '+0', 'x']) await alter(`broker "${name}"`, name, operation('root', 'WARN'));
  await alter('two loggers', '0', operation('root', 'WARN'), operation(NAME, 'ERROR'));
  await alter('back', '0', operation('root', 'WARN'), operation(NAME, null, DELETE));
}

/** Kinds of resources that a ZooKeeper cluster has not, or that cannot be altered so. */
async function otherResources(both: Both): Promise<void> {
  for (const resourceType of [LOGGER, CLIENT_METRICS, 32, 64, 3, -1]) {
    for (const resourceName of ['0', '', 'x']) {
      const note = `type ${resourceType} "${resourceName}"`;
      const resource = { resourceType, resourceName };
      const configs = [{ name: 'root', value: 'WARN' }];
      const request = { resources: [{ ...resource, configs }], validateOnly: false };
      await both.sendEvery(AlterConfigs, () => request, { note });
      const nothing = { resources: [{ ...resource, configs: [{ name: 'root', value: null }] }], validateOnly: false };
      await both.sendEvery(AlterConfigs, () => nothing, { note: `${note}, null` });
      if (resourceType === LOGGER) continue;
      await both.sendEvery(
        IncrementalAlterConfigs,
        () => ({
          resources: [{ ...resource, configs: [{ name: 'interval.ms', configOperation: SET, value: '100' }] }],
          validateOnly: false,
        }),
        { note },
      );
      await both.sendEvery(DescribeConfigs, () => ({ resources: [{ ...resource, configurationKeys: null }] }), {
        note,
      });
    }
  }
  const resources = [
    { resourceType: LOGGER, resourceName: '0', configurationKeys: ['root'] },
    { resourceType: 99, resourceName: '0', configurationKeys: null },
    { resourceType: CLIENT_METRICS, resourceName: 'm', configurationKeys: null },
  ];
  await both.sendEvery(DescribeConfigs, () => ({ resources }), { note: 'good and bad in one' });
}

export const admin: readonly Scenario[] = [
  { name: 'admin: ACLs', run: acls },
  { name: 'admin: delegation tokens and SASL', run: tokensAndSasl },
  { name: 'admin: features', run: features },
  { name: 'admin: groups of the new protocol', run: newGroups },
  { name: 'admin: SCRAM credentials', run: scram },
  { name: 'admin: elections', run: elections },
  { name: 'admin: reassignments', run: reassignments },
  { name: 'admin: broker loggers', run: loggers },
  { name: 'admin: other resources', run: otherResources },
];
