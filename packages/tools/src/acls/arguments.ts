import { type OptionSet, parseOptions } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import {
  type Entry,
  listedNames,
  type Operation,
  operationNamed,
  type Pattern,
  type PatternType,
  type Permission,
  supportedOperations,
} from '../client/acl';
import { parsePrincipal } from '../principal';
import type { Io } from '../print';
import { ACLS_OPTIONS } from './options';

export type AclsOptions = OptionSet<typeof ACLS_OPTIONS>;

/** Entries that are meant for a resource; none: all that there are. */
export type ByPattern = readonly { readonly pattern: Pattern; readonly entries: readonly Entry[] }[];

const CLUSTER: Pattern = { resourceType: 'CLUSTER', name: 'kafka-cluster', patternType: 'LITERAL' };

/** Parses and checks kafka-acls' command line (AclCommand.AclCommandOptions.checkArgs). */
export function parseAclsArguments(argv: readonly string[], io: Io): AclsOptions {
  const options = parseOptions(ACLS_OPTIONS, argv);
  const usage = usageOf(options, io);
  usage.helpOrVersion(argv, 'This tool helps to manage acls on kafka.');
  checkConnection(options, io);
  if ([options.has('add'), options.has('remove'), options.has('list')].filter(Boolean).length !== 1) {
    usage.fail('Command must include exactly one action: --list, --add, --remove. ');
  }
  usage.forbid('list', ['producer', 'consumer', 'allow-host', 'allow-principal', 'deny-host', 'deny-principal']);
  usage.forbid('producer', ['operation', 'deny-principal', 'deny-host']);
  usage.forbid('consumer', ['operation', 'deny-principal', 'deny-host']);
  checkRoles(options, io);
  return options;
}

function checkConnection(options: AclsOptions, io: Io): void {
  const usage = usageOf(options, io);
  const viaBroker = options.has('bootstrap-server');
  if (viaBroker && options.has('authorizer')) {
    usage.fail('Only one of --bootstrap-server or --authorizer must be specified');
  }
  if (!viaBroker) usage.require('authorizer-properties');
  if (options.has('command-config') && !viaBroker) {
    usage.fail('The --command-config option can only be used with --bootstrap-server option');
  }
  if (options.has('authorizer-properties') && viaBroker) {
    usage.fail('The --authorizer-properties option can only be used with --authorizer option');
  }
}

function checkRoles(options: AclsOptions, io: Io): void {
  const { fail } = usageOf(options, io);
  if (options.has('principal') && !options.has('list')) {
    fail('The --principal option is only available if --list is set');
  }
  if (options.has('producer') && !options.has('topic')) fail('With --producer you must specify a --topic');
  if (options.has('idempotent') && !options.has('producer')) {
    fail('The --idempotent option is only available if --producer is set');
  }
  if (!options.has('consumer')) return;
  const isMore = !options.has('producer') && (options.has('cluster') || options.has('transactional-id'));
  if (!options.has('topic') || !options.has('group') || isMore) {
    fail(
      'With --consumer you must specify a --topic and a --group and no --cluster or --transactional-id option should be specified.',
    );
  }
}

/** The principals that an option names, each once. Throws `ToolError` where one is none. */
export const principalsOf = (
  options: AclsOptions,
  name: 'allow-principal' | 'deny-principal' | 'principal',
): string[] => [...new Set(options.valuesOf(name).map((text) => parsePrincipal(text.trim()).text))];

function hostsOf(options: AclsOptions, hosts: 'allow-host' | 'deny-host'): string[] {
  return options.has(hosts) ? [...new Set(options.valuesOf(hosts).map((host) => host.trim()))] : ['*'];
}

function entriesOf(options: AclsOptions, operations: readonly Operation[]): Entry[] {
  const of = (principals: readonly string[], permissionType: Permission, hosts: readonly string[]): Entry[] =>
    principals.flatMap((principal) =>
      operations.flatMap((operation) => hosts.map((host) => ({ principal, host, operation, permissionType }))),
    );
  const [allowed, denied] = [principalsOf(options, 'allow-principal'), principalsOf(options, 'deny-principal')];
  return [
    ...of(allowed, 'ALLOW', hostsOf(options, 'allow-host')),
    ...of(denied, 'DENY', hostsOf(options, 'deny-host')),
  ];
}

const patternTypeIn = (options: AclsOptions): PatternType => options.valueOf('resource-pattern-type') as PatternType;

/** The resources of a command line, each once. */
export function patternsOf(options: AclsOptions): Pattern[] {
  const patternType = patternTypeIn(options);
  const named = (option: 'topic' | 'group' | 'transactional-id' | 'delegation-token' | 'user-principal') =>
    [...new Set(options.valuesOf(option).map((name) => name.trim()))].map((name) => ({ name, patternType }));
  const usesCluster = patternType === 'LITERAL' && (options.has('cluster') || options.has('idempotent'));
  return [
    ...named('topic').map((each): Pattern => ({ resourceType: 'TOPIC', ...each })),
    ...(usesCluster ? [CLUSTER] : []),
    ...named('group').map((each): Pattern => ({ resourceType: 'GROUP', ...each })),
    ...named('transactional-id').map((each): Pattern => ({ resourceType: 'TRANSACTIONAL_ID', ...each })),
    ...named('delegation-token').map((each): Pattern => ({ resourceType: 'DELEGATION_TOKEN', ...each })),
    ...named('user-principal').map((each): Pattern => ({ resourceType: 'USER', ...each })),
  ];
}

function requiredPatterns(options: AclsOptions, io: Io): Pattern[] {
  const patterns = patternsOf(options);
  if (patterns.length > 0) return patterns;
  return usageOf(options, io).fail(
    'You must provide at least one resource: --topic <topic> or --cluster or --group <group> or --delegation-token <Delegation Token ID>',
  );
}

/** The order in which Java's tool goes through what producers and consumers need. */
const ROLE_ORDER = ['TOPIC', 'TRANSACTIONAL_ID', 'CLUSTER', 'GROUP'];

/** What producers and consumers need, resource by resource. */
function operationsFor(options: AclsOptions, { resourceType }: Pattern): Operation[] {
  const operations: Operation[] = [];
  if (options.has('consumer')) {
    if (resourceType === 'TOPIC') operations.push('READ', 'DESCRIBE');
    if (resourceType === 'GROUP') operations.push('READ');
  }
  if (options.has('producer')) {
    if (resourceType === 'TOPIC') operations.push('WRITE', 'DESCRIBE', 'CREATE');
    if (resourceType === 'TRANSACTIONAL_ID') operations.push('WRITE', 'DESCRIBE');
    if (resourceType === 'CLUSTER' && options.has('idempotent')) operations.push('IDEMPOTENT_WRITE');
  }
  return [...new Set(operations)];
}

/** The entries that are meant, by resource. Fails where a resource does not know an operation. */
export function entriesByPattern(options: AclsOptions, io: Io): ByPattern {
  const hasRole = options.has('producer') || options.has('consumer');
  const given = [...new Set(options.valuesOf('operation').map((word) => operationNamed(word.trim())))];
  // Principals are read before resources are looked for, and so complained of first.
  entriesOf(options, given);
  const patterns = requiredPatterns(options, io);
  const rank = ({ resourceType }: Pattern): number => ROLE_ORDER.indexOf(resourceType);
  if (hasRole) patterns.sort((a, b) => rank(a) - rank(b));
  const wanted = patterns
    .map((pattern) => ({ pattern, operations: hasRole ? operationsFor(options, pattern) : given }))
    .filter(({ operations }) => operations.length > 0);
  for (const { pattern, operations } of wanted) {
    const valid = supportedOperations(pattern.resourceType);
    if (entriesOf(options, operations).every(({ operation }) => valid.includes(operation))) continue;
    const what = `ResourceType ${pattern.resourceType} only supports operations ${listedNames(valid).join(', ')}`;
    usageOf(options, io).fail(what);
  }
  return wanted.map(({ pattern, operations }) => ({ pattern, entries: entriesOf(options, operations) }));
}

/** As `entriesByPattern`, for entries that are to be made: of certain principals and of certain resources. */
export function newEntries(options: AclsOptions, io: Io): ByPattern {
  const { fail } = usageOf(options, io);
  const patternType = patternTypeIn(options);
  if (patternType === 'ANY' || patternType === 'MATCH') {
    fail(`A '--resource-pattern-type' value of '${patternType}' is not valid when adding acls.`);
  }
  const all = entriesByPattern(options, io);
  if (all.some(({ entries }) => entries.length === 0)) {
    fail('You must specify one of: --allow-principal, --deny-principal when trying to add ACLs.');
  }
  return all;
}
