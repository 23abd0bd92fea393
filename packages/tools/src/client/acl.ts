/**
 * Access control lists in Kafka's words (org.apache.kafka.common.acl, .resource): an enum's place in its list is its
 * number in requests.
 */
const RESOURCE_TYPES = [
  'UNKNOWN',
  'ANY',
  'TOPIC',
  'GROUP',
  'CLUSTER',
  'TRANSACTIONAL_ID',
  'DELEGATION_TOKEN',
  'USER',
] as const;
const PATTERN_TYPES = ['UNKNOWN', 'ANY', 'MATCH', 'LITERAL', 'PREFIXED'] as const;
const OPERATIONS = [
  'UNKNOWN',
  'ANY',
  'ALL',
  'READ',
  'WRITE',
  'CREATE',
  'DELETE',
  'ALTER',
  'DESCRIBE',
  'CLUSTER_ACTION',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
  'IDEMPOTENT_WRITE',
  'CREATE_TOKENS',
  'DESCRIBE_TOKENS',
] as const;
const PERMISSIONS = ['UNKNOWN', 'ANY', 'DENY', 'ALLOW'] as const;

export type ResourceType = (typeof RESOURCE_TYPES)[number];
export type PatternType = (typeof PATTERN_TYPES)[number];
export type Operation = (typeof OPERATIONS)[number];
export type Permission = (typeof PERMISSIONS)[number];

/** A resource, or a filter of resources. */
export interface Pattern {
  readonly resourceType: ResourceType;
  /** null: any. */
  readonly name: string | null;
  readonly patternType: PatternType;
}

/** Who may, or may not, do what from where. */
export interface Entry {
  readonly principal: string;
  readonly host: string;
  readonly operation: Operation;
  readonly permissionType: Permission;
}

export const resourceTypeCode = (type: ResourceType): number => RESOURCE_TYPES.indexOf(type);
export const patternTypeCode = (type: PatternType): number => PATTERN_TYPES.indexOf(type);
export const operationCode = (operation: Operation): number => OPERATIONS.indexOf(operation);
export const permissionCode = (permission: Permission): number => PERMISSIONS.indexOf(permission);

export const resourceTypeOf = (code: number): ResourceType => RESOURCE_TYPES[code] ?? 'UNKNOWN';
export const patternTypeOf = (code: number): PatternType => PATTERN_TYPES[code] ?? 'UNKNOWN';
export const operationOf = (code: number): Operation => OPERATIONS[code] ?? 'UNKNOWN';
export const permissionOf = (code: number): Permission => PERMISSIONS[code] ?? 'UNKNOWN';

/** An operation as people write it: `DescribeConfigs`. */
const operationName = (operation: Operation): string =>
  operation
    .split('_')
    .map((word) => word[0] + word.slice(1).toLowerCase())
    .join('');

/** The operation that a word names, in capitals or not; UNKNOWN where there is none (SecurityUtils.operation). */
export function operationNamed(word: string): Operation {
  return OPERATIONS.find((each) => operationName(each).toUpperCase() === word.toUpperCase()) ?? 'UNKNOWN';
}

/** What can be done with a kind of resource (AclEntry.supportedOperations), All aside. */
const SUPPORTED: Readonly<Partial<Record<ResourceType, readonly Operation[]>>> = {
  TOPIC: ['READ', 'WRITE', 'CREATE', 'DESCRIBE', 'DELETE', 'ALTER', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
  GROUP: ['READ', 'DESCRIBE', 'DELETE'],
  CLUSTER: ['CREATE', 'CLUSTER_ACTION', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS', 'IDEMPOTENT_WRITE', 'ALTER', 'DESCRIBE'],
  TRANSACTIONAL_ID: ['DESCRIBE', 'WRITE'],
  DELEGATION_TOKEN: ['DESCRIBE'],
  USER: ['CREATE_TOKENS', 'DESCRIBE_TOKENS'],
};

/** Java's tool lists operations by the addresses of their enums: in one order or another. This is a common one. */
const LISTING_ORDER: readonly Operation[] = [
  'CREATE_TOKENS',
  'DESCRIBE_TOKENS',
  'READ',
  'ALL',
  'ALTER_CONFIGS',
  'DESCRIBE_CONFIGS',
  'IDEMPOTENT_WRITE',
  'DELETE',
  'WRITE',
  'ALTER',
  'CLUSTER_ACTION',
  'CREATE',
  'DESCRIBE',
];

/** Which operations a resource of this type knows. */
export const supportedOperations = (type: ResourceType): readonly Operation[] => ['ALL', ...(SUPPORTED[type] ?? [])];

/** Operations by their names, as the tool lists them. */
export const listedNames = (operations: readonly Operation[] = LISTING_ORDER): string[] =>
  LISTING_ORDER.filter((each) => operations.includes(each)).map(operationName);

/** As Java prints a ResourcePattern and its filter. */
export const patternText = ({ resourceType, name, patternType }: Pattern): string =>
  `ResourcePattern(resourceType=${resourceType}, name=${name ?? '<any>'}, patternType=${patternType})`;

/** As Java prints an AccessControlEntry. */
export const entryText = ({ principal, host, operation, permissionType }: Entry): string =>
  `(principal=${principal}, host=${host}, operation=${operation}, permissionType=${permissionType})`;
