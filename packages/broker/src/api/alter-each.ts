import { KafkaError } from '@odradek/protocol/errors';
import type { Alteration } from '../cluster/config-admin';
import { specificMessage } from './api-error';
import { duplicates } from './create-topics';
import type { Services } from './services';
import { mapInTurns } from './turns';

interface Resource {
  readonly resourceType: number;
  readonly resourceName: string;
}

interface AlterOutcome extends Resource {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** Alters each resource of a request by itself; one that is there twice is refused. */
export async function alterEach<R extends Resource>(
  services: Services,
  resources: readonly R[],
  validateOnly: boolean,
  alterationOf: (resource: R) => Alteration,
): Promise<AlterOutcome[]> {
  const keyOf = ({ resourceType, resourceName }: Resource): string => `${resourceType}/${resourceName}`;
  const twice = duplicates(resources.map(keyOf));
  return mapInTurns(services.clock, resources, 1, async (resource): Promise<AlterOutcome> => {
    const { resourceType, resourceName } = resource;
    const error = twice.has(keyOf(resource))
      ? new KafkaError('INVALID_REQUEST', 'Each resource must appear at most once.')
      : await alterOne(services, resource, alterationOf(resource), validateOnly);
    const errorMessage = error && specificMessage(error);
    return { errorCode: error?.code ?? 0, errorMessage, resourceType, resourceName };
  });
}

async function alterOne(
  services: Services,
  { resourceType, resourceName }: Resource,
  alteration: Alteration,
  validateOnly: boolean,
): Promise<KafkaError | null> {
  try {
    await services.configAdmin.alter(resourceType, resourceName, alteration, validateOnly);
    return null;
  } catch (error) {
    if (error instanceof KafkaError) return error;
    services.loggers
      .logger('kafka.server.ZkAdminManager')
      .error(`Error processing alter configs request for resource ${resourceName}`, { error });
    return new KafkaError('UNKNOWN_SERVER_ERROR');
  }
}
