import { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import { checkBrokerEpoch } from './broker-epoch';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** The controller tells this broker what the cluster looks like. */
export function updateMetadata(services: Services): Handler<typeof UpdateMetadata> {
  return handler({
    api: UpdateMetadata,
    handle(request) {
      checkBrokerEpoch(services, request.brokerEpoch);
      services.replicas.checkControllerEpoch(request.controllerEpoch, 'UpdateMetadata');
      const deleted = services.metadata.update(request);
      for (const { topic } of deleted) {
        // A topic of that name that comes back may have other settings.
        if (!services.metadata.image.topics.has(topic)) services.topicConfigs.delete(topic);
      }
      if (deleted.length > 0) services.groups.partitionsDeleted(deleted);
      return { errorCode: 0 };
    },
    fail: ({ code }) => ({ errorCode: code }),
  });
}
