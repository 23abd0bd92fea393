import { KafkaError } from '@odradek/protocol/errors';
import { AlterClientQuotas } from '@odradek/protocol/messages/alter-client-quotas';
import type { RequestOf, ResponseInit } from '@odradek/protocol/schema/api';
import { inOrder, type QuotaEntityName } from '../cluster/client-quota-admin';
import { specificMessage } from './api-error';
import { type Handler, handler } from './handler';
import type { Services } from './services';

type Entry = RequestOf<typeof AlterClientQuotas>['entries'][number];
type Outcome = NonNullable<ResponseInit<typeof AlterClientQuotas>['entries']>[number];

/** Sets and takes back quotas of users, clients and addresses, each entity by itself (KIP-546). */
export function alterClientQuotas({
  clientQuotaAdmin,
  loggers,
  brokerId,
}: Services): Handler<typeof AlterClientQuotas> {
  const logger = loggers.logger('kafka.server.ZkAdminManager', `[Admin Manager on Broker ${brokerId}]: `);

  async function alter(entity: QuotaEntityName, { ops }: Entry, validateOnly: boolean): Promise<KafkaError | null> {
    try {
      const operations = ops.map(({ key, value, remove }) => ({ key, value: remove ? null : value }));
      await clientQuotaAdmin.alter(entity, operations, validateOnly);
      return null;
    } catch (error) {
      logger.info(`Error encountered while updating client quotas: ${(error as Error).message}`, { error });
      return error instanceof KafkaError ? error : new KafkaError('UNKNOWN_SERVER_ERROR');
    }
  }

  return handler({
    api: AlterClientQuotas,
    async handle({ entries, validateOnly }) {
      // An entity that is there twice is altered twice, and told of once, in its first place.
      const outcomes = new Map<string, Outcome>();
      for (const entry of entries) {
        const entity: QuotaEntityName = new Map(
          entry.entity.map(({ entityType, entityName }) => [entityType, entityName]),
        );
        const error = await alter(entity, entry, validateOnly);
        const told = inOrder(entity).map((entityType) => ({ entityType, entityName: entity.get(entityType)! }));
        outcomes.set(JSON.stringify(told), {
          errorCode: error?.code ?? 0,
          errorMessage: error && specificMessage(error),
          entity: told,
        });
      }
      return { entries: [...outcomes.values()] };
    },
    fail: ({ code, message }, { entries }) => ({
      entries: entries.map(({ entity }) => ({ errorCode: code, errorMessage: message, entity })),
    }),
  });
}
