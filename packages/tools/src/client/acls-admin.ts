import { CreateAcls } from '@odradek/protocol/messages/create-acls';
import { DeleteAcls } from '@odradek/protocol/messages/delete-acls';
import { DescribeAcls } from '@odradek/protocol/messages/describe-acls';
import {
  type Entry,
  operationCode,
  operationOf,
  type Pattern,
  patternTypeCode,
  patternTypeOf,
  permissionCode,
  permissionOf,
  resourceTypeCode,
  resourceTypeOf,
} from './acl';
import { type Admin, refusalOf } from './admin';
import { execute } from './futures';

/** A resource and what is allowed and denied on it. */
export interface ResourceAcls {
  readonly pattern: Pattern;
  readonly entries: readonly Entry[];
}

const ANY_PATTERN: Pattern = { resourceType: 'ANY', name: null, patternType: 'ANY' };
const ANY_ENTRY = { principalFilter: null, hostFilter: null, operation: 1, permissionType: 1 };

function checkResult({ errorCode, errorMessage }: { errorCode: number; errorMessage: string | null }): void {
  if (errorCode !== 0) throw refusalOf(errorCode, errorMessage);
}

const filterOf = ({ resourceType, name, patternType }: Pattern) => ({
  resourceTypeFilter: resourceTypeCode(resourceType),
  resourceNameFilter: name,
  patternTypeFilter: patternTypeCode(patternType),
});

/** The entries of all resources that a filter fits, of all there are where none is given. */
export function describeAcls(admin: Admin, filter: Pattern = ANY_PATTERN): Promise<ResourceAcls[]> {
  return execute(admin, 'describeAcls', async (call) => {
    const response = await admin.toAny(call, DescribeAcls, { ...filterOf(filter), ...ANY_ENTRY });
    checkResult(response);
    return response.resources.map(({ resourceType, resourceName, patternType, acls }) => ({
      pattern: {
        resourceType: resourceTypeOf(resourceType),
        name: resourceName,
        patternType: patternTypeOf(patternType),
      },
      entries: acls.map((acl) => ({
        principal: acl.principal,
        host: acl.host,
        operation: operationOf(acl.operation),
        permissionType: permissionOf(acl.permissionType),
      })),
    }));
  });
}

/** Adds entries to a resource. */
export function createAcls(admin: Admin, { pattern, entries }: ResourceAcls): Promise<void> {
  return execute(admin, 'createAcls', async (call) => {
    const { results } = await admin.toAny(call, CreateAcls, {
      creations: entries.map((entry) => ({
        resourceType: resourceTypeCode(pattern.resourceType),
        resourceName: pattern.name!,
        resourcePatternType: patternTypeCode(pattern.patternType),
        principal: entry.principal,
        host: entry.host,
        operation: operationCode(entry.operation),
        permissionType: permissionCode(entry.permissionType),
      })),
    });
    results.forEach(checkResult);
  });
}

/** Removes these entries from all resources that the pattern fits, whatever they have where none is given. */
export function deleteAcls(admin: Admin, { pattern, entries }: ResourceAcls): Promise<void> {
  const entryFilters = entries.map((entry) => ({
    principalFilter: entry.principal,
    hostFilter: entry.host,
    operation: operationCode(entry.operation),
    permissionType: permissionCode(entry.permissionType),
  }));
  return execute(admin, 'deleteAcls', async (call) => {
    const { filterResults } = await admin.toAny(call, DeleteAcls, {
      filters: (entryFilters.length > 0 ? entryFilters : [ANY_ENTRY]).map((entry) => ({
        ...filterOf(pattern),
        ...entry,
      })),
    });
    filterResults.forEach((result) => {
      checkResult(result);
      result.matchingAcls.forEach(checkResult);
    });
  });
}
