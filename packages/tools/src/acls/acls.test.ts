import { entryText, patternText } from '../client/acl';
import { createAcls, deleteAcls, describeAcls } from '../client/acls-admin';
import { fakeAdmin } from '../fake-admin';
import { exitCodeOf } from '../run-tool';
import { testIo } from '../test-io';
import { entriesByPattern, newEntries, parseAclsArguments } from './arguments';
import { acls } from './command';

const SERVER = ['--bootstrap-server', 'localhost:1'];
const ALICE = ['--allow-principal', 'User:alice'];

async function run(...argv: string[]) {
  const { io, stdout, stderr } = testIo();
  const code = await exitCodeOf(acls, argv, io);
  return { code, stdout: stdout(), firstError: stderr().split('\n')[0] };
}

/** What a command line would add or remove: the resource, and of each entry what differs. */
function meant(...argv: string[]) {
  const { io } = testIo();
  const options = parseAclsArguments([...SERVER, ...argv], io);
  const all = options.has('add') ? newEntries(options, io) : entriesByPattern(options, io);
  return all.map(({ pattern, entries }) => [
    `${pattern.resourceType} ${pattern.name} ${pattern.patternType}`,
    entries.map((each) => `${each.permissionType} ${each.principal} ${each.operation} ${each.host}`),
  ]);
}

it.each([
  [[...SERVER], 'Command must include exactly one action: --list, --add, --remove. '],
  [['--list'], 'Missing required argument "[authorizer-properties]"'],
  [[...SERVER, '--list', '--authorizer', 'x'], 'Only one of --bootstrap-server or --authorizer must be specified'],
  [[...SERVER, '--list', '--producer'], 'Option "[list]" can\'t be used with option "[producer]"'],
  [[...SERVER, '--remove', '--principal', 'User:a'], 'The --principal option is only available if --list is set'],
  [[...SERVER, '--add', ...ALICE, '--producer'], 'With --producer you must specify a --topic'],
  [
    [...SERVER, '--add', ...ALICE, '--consumer', '--topic', 't'],
    'With --consumer you must specify a --topic and a --group and no --cluster or --transactional-id option should be specified.',
  ],
  [
    [...SERVER, '--add', ...ALICE],
    'You must provide at least one resource: --topic <topic> or --cluster or --group <group> or --delegation-token <Delegation Token ID>',
  ],
  [
    [...SERVER, '--add', '--topic', 't'],
    'You must specify one of: --allow-principal, --deny-principal when trying to add ACLs.',
  ],
  [
    [...SERVER, '--add', ...ALICE, '--topic', 't', '--resource-pattern-type', 'match'],
    "A '--resource-pattern-type' value of 'MATCH' is not valid when adding acls.",
  ],
])('kafka-acls %j is refused', async (argv, firstError) => {
  expect(await run(...argv)).toEqual({ code: 1, stdout: '', firstError });
});

it('names the operations that a resource knows', async () => {
  const { firstError } = await run(...SERVER, '--add', ...ALICE, '--cluster', '--operation', 'Read');
  const [, list] = /^ResourceType CLUSTER only supports operations (.*)$/.exec(firstError!)!;
  expect(list!.split(', ').sort()).toEqual([
    'All',
    'Alter',
    'AlterConfigs',
    'ClusterAction',
    'Create',
    'Describe',
    'DescribeConfigs',
    'IdempotentWrite',
  ]);
});

it('tells failures on stdout, where the tool of Kafka does', async () => {
  const { code, stdout } = await run(...SERVER, '--add', '--allow-principal', 'alice', '--topic', 't');
  const why = 'expected a string in format principalType:principalName but got alice';
  expect(stdout).toBe(`Error while executing ACL command: ${why}\njava.lang.IllegalArgumentException: ${why}\n\n`);
  expect(code).toBe(1);
});

it('asks before it removes, and takes no answer for none', async () => {
  const question =
    'Are you sure you want to delete all ACLs for resource filter `ResourcePattern(resourceType=TOPIC, name=t, patternType=LITERAL)`? (y/n)\n';
  const { code, stdout } = await run(...SERVER, '--remove', '--topic', 't');
  expect(stdout.startsWith(question)).toBe(true);
  expect(stdout).toContain('"scala.io.StdIn$.readLine()" is null');
  expect(code).toBe(1);
});

describe('what is meant', () => {
  it('is everything for those who are named, from everywhere', () => {
    expect(meant('--add', ...ALICE, '--topic', 't', '--topic', 't')).toEqual([
      ['TOPIC t LITERAL', ['ALLOW User:alice ALL *']],
    ]);
  });

  it('is every principal with every operation from every host', () => {
    const argv = ['--deny-principal', 'User:b', '--deny-host', 'h1', '--deny-host', 'h2'];
    expect(meant('--add', ...ALICE, ...argv, '--group', 'g', '--operation', 'read', '--operation', 'DELETE')).toEqual([
      [
        'GROUP g LITERAL',
        [
          'ALLOW User:alice READ *',
          'ALLOW User:alice DELETE *',
          'DENY User:b READ h1',
          'DENY User:b READ h2',
          'DENY User:b DELETE h1',
          'DENY User:b DELETE h2',
        ],
      ],
    ]);
  });

  it('is what producers and consumers need', () => {
    const argv = [
      '--producer',
      '--consumer',
      '--idempotent',
      '--topic',
      't',
      '--group',
      'g',
      '--transactional-id',
      'x',
    ];
    expect(meant('--add', ...ALICE, ...argv).map(([resource, entries]) => [resource, [...entries!].sort()])).toEqual([
      [
        'TOPIC t LITERAL',
        ['CREATE', 'DESCRIBE', 'READ', 'WRITE'].map((operation) => `ALLOW User:alice ${operation} *`),
      ],
      ['TRANSACTIONAL_ID x LITERAL', ['ALLOW User:alice DESCRIBE *', 'ALLOW User:alice WRITE *']],
      ['CLUSTER kafka-cluster LITERAL', ['ALLOW User:alice IDEMPOTENT_WRITE *']],
      ['GROUP g LITERAL', ['ALLOW User:alice READ *']],
    ]);
  });

  it('is all that there is where nobody is named', () => {
    expect(meant('--remove', '--topic', 't', '--resource-pattern-type', 'any')).toEqual([['TOPIC t ANY', []]]);
  });
});

describe('brokers are asked', () => {
  const pattern = { resourceType: 'TOPIC', name: 't', patternType: 'PREFIXED' } as const;
  const entry = { principal: 'User:a', host: '*', operation: 'DESCRIBE_CONFIGS', permissionType: 'DENY' } as const;
  const asked = { principal: 'User:a', host: '*', operation: 10, permissionType: 2 };
  const REFUSAL = { errorCode: 54, errorMessage: 'No Authorizer is configured.' };

  it('for what there is', async () => {
    const resource = { resourceType: 2, resourceName: 't', patternType: 4, acls: [asked] };
    const { admin, sent } = fakeAdmin(
      [0],
      {},
      {
        DescribeAcls: () => ({ errorCode: 0, errorMessage: null, resources: [resource] }),
      },
    );
    const [found] = await describeAcls(admin);
    expect(patternText(found!.pattern)).toBe('ResourcePattern(resourceType=TOPIC, name=t, patternType=PREFIXED)');
    expect(found!.entries.map(entryText)).toEqual([
      '(principal=User:a, host=*, operation=DESCRIBE_CONFIGS, permissionType=DENY)',
    ]);
    expect(sent[0]![1]).toEqual({
      resourceTypeFilter: 1,
      resourceNameFilter: null,
      patternTypeFilter: 1,
      principalFilter: null,
      hostFilter: null,
      operation: 1,
      permissionType: 1,
    });
  });

  it('to add', async () => {
    const { admin, sent } = fakeAdmin([0], {}, { CreateAcls: () => ({ results: [REFUSAL] }) });
    await expect(createAcls(admin, { pattern, entries: [entry] })).rejects.toThrow(
      'org.apache.kafka.common.errors.SecurityDisabledException: No Authorizer is configured.',
    );
    const resource = { resourceType: 2, resourceName: 't', resourcePatternType: 4 };
    expect(sent[0]![1]).toEqual({ creations: [{ ...resource, ...asked }] });
  });

  it('to remove', async () => {
    const matchingAcls = [{ errorCode: 0, errorMessage: null }];
    const { admin, sent } = fakeAdmin(
      [0],
      {},
      {
        DeleteAcls: () => ({ filterResults: [{ errorCode: 0, errorMessage: null, matchingAcls }] }),
      },
    );
    await deleteAcls(admin, { pattern, entries: [entry] });
    const resource = { resourceTypeFilter: 2, resourceNameFilter: 't', patternTypeFilter: 4 };
    const who = { principalFilter: 'User:a', hostFilter: '*', operation: 10, permissionType: 2 };
    expect(sent[0]![1]).toEqual({ filters: [{ ...resource, ...who }] });
  });
});
