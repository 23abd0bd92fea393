import { ERRORS } from '@odradek/protocol/errors';

/** Code 0 of each enumeration: no client means it. */
const UNKNOWN = 0;

/**
 * Whether an ACL, or a filter of ACLs, leaves open what it speaks of. Apache cannot read such a request and closes the
 * connection (AclsRequest's `normalizeAndValidate`); codes that are too high are taken for now.
 */
export function saysUnknown(
  resourceType: number,
  patternType: number,
  operation: number,
  permissionType: number,
): boolean {
  return resourceType === UNKNOWN || patternType === UNKNOWN || operation === UNKNOWN || permissionType === UNKNOWN;
}

/** What every change of ACLs is answered with: this broker never has an authorizer (`refuseUnsupported`). */
export const NO_AUTHORIZER = {
  errorCode: ERRORS.SECURITY_DISABLED.code,
  errorMessage: 'No Authorizer is configured.',
};
