import { AlterConfigs } from '@odradek/protocol/messages/alter-configs';
import { alterEach } from './alter-each';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** Replaces all settings of topics and brokers by those given (KIP-133). */
export function alterConfigs(services: Services): Handler<typeof AlterConfigs> {
  return handler({
    api: AlterConfigs,
    async handle({ resources, validateOnly }) {
      return {
        responses: await alterEach(services, resources, validateOnly, ({ configs }) => ({ type: 'replace', configs })),
      };
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
