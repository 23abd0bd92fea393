/**
 * KIP-430 bit fields: bit = operation code. Without an authorizer everything that the resource supports is allowed
 * (AclEntry.supportedOperations).
 */
export const TOPIC_OPERATIONS = bits(3, 4, 5, 6, 7, 8, 10, 11);
export const CLUSTER_OPERATIONS = bits(5, 7, 8, 9, 10, 11, 12);
export const GROUP_OPERATIONS = bits(3, 6, 8);
/** The field's value where it was not asked for. */
export const NOT_ASKED = -2147483648;

function bits(...operations: number[]): number {
  return operations.reduce((field, operation) => field | (1 << operation), 0);
}
