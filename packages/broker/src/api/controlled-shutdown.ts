import { KafkaError } from '@odradek/protocol/errors';
import { ControlledShutdown } from '@odradek/protocol/messages/controlled-shutdown';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** A broker that is about to stop asks the controller to let others lead (KIP-47, KIP-380). */
export function controlledShutdown({ controller }: Services): Handler<typeof ControlledShutdown> {
  return handler({
    api: ControlledShutdown,
    async handle({ brokerId, brokerEpoch }) {
      const remaining = await controller.shutDownBroker(brokerId, brokerEpoch).catch((error) => {
        // What this request says of a controller that is none, since its version 0.
        throw error instanceof KafkaError && error.error === 'NOT_CONTROLLER'
          ? new KafkaError('STALE_CONTROLLER_EPOCH')
          : error;
      });
      const remainingPartitions = remaining.map(({ topic, partition }) => ({
        topicName: topic,
        partitionIndex: partition,
      }));
      return { errorCode: 0, remainingPartitions };
    },
    fail: ({ code }) => ({ errorCode: code, remainingPartitions: [] }),
  });
}
