import { ERRORS } from '@odradek/protocol/errors';
import { DescribeAcls } from '@odradek/protocol/messages/describe-acls';
import { saysUnknown } from './acls';
import { specificMessage } from './api-error';
import { CLOSE_CONNECTION, type Handler, handler } from './handler';

/** Which ACLs there are (KIP-140): without an authorizer nobody knows. */
export function describeAcls(): Handler<typeof DescribeAcls> {
  return handler({
    api: DescribeAcls,
    handle({ resourceTypeFilter, patternTypeFilter, operation, permissionType }) {
      if (saysUnknown(resourceTypeFilter, patternTypeFilter, operation, permissionType)) return CLOSE_CONNECTION;
      return {
        errorCode: ERRORS.SECURITY_DISABLED.code,
        errorMessage: 'No Authorizer is configured on the broker',
        resources: [],
      };
    },
    fail: (error) => ({ errorCode: error.code, errorMessage: specificMessage(error), resources: [] }),
  });
}
