import { DescribeClientQuotas } from '@odradek/protocol/messages/describe-client-quotas';
import { specificMessage } from './api-error';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** Which quotas are set for users, clients and addresses (KIP-546). */
export function describeClientQuotas({ clientQuotaAdmin }: Services): Handler<typeof DescribeClientQuotas> {
  return handler({
    api: DescribeClientQuotas,
    async handle({ components, strict }) {
      const found = await clientQuotaAdmin.describe(components, strict);
      const entries = found.map(({ entity, values }) => ({
        entity: [...entity].map(([entityType, entityName]) => ({ entityType, entityName })),
        values,
      }));
      // Apache leaves the message at its schema's default: empty, not null.
      return { errorCode: 0, errorMessage: '', entries };
    },
    fail: (error) => ({ errorCode: error.code, errorMessage: specificMessage(error), entries: null }),
  });
}
