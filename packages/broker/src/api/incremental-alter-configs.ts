import { IncrementalAlterConfigs } from '@odradek/protocol/messages/incremental-alter-configs';
import { alterEach } from './alter-each';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** Sets, deletes, appends to and subtracts from settings of topics and brokers (KIP-339). */
export function incrementalAlterConfigs(services: Services): Handler<typeof IncrementalAlterConfigs> {
  return handler({
    api: IncrementalAlterConfigs,
    async handle({ resources, validateOnly }) {
      const responses = await alterEach(services, resources, validateOnly, ({ configs }) => ({
        type: 'operations',
        operations: configs,
      }));
      return { responses };
    },
    fail: ({ code, message }, { resources }) => ({
      responses: resources.map(({ resourceType, resourceName }) => ({
        errorCode: code,
        errorMessage: message,
        resourceType,
        resourceName,
      })),
    }),
  });
}
