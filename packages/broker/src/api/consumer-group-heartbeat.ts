import { KafkaError } from '@odradek/protocol/errors';
import { ConsumerGroupHeartbeat } from '@odradek/protocol/messages/consumer-group-heartbeat';
import { specificMessage } from './api-error';
import { type Handler, handler } from './handler';

/** The new group protocol (KIP-848) needs KRaft: a ZooKeeper broker knows the request and refuses every one. */
export function consumerGroupHeartbeat(): Handler<typeof ConsumerGroupHeartbeat> {
  return handler({
    api: ConsumerGroupHeartbeat,
    handle() {
      throw new KafkaError('UNSUPPORTED_VERSION');
    },
    fail: (error) => ({
      errorCode: error.code,
      errorMessage: specificMessage(error),
      memberEpoch: 0,
      heartbeatIntervalMs: 0,
    }),
  });
}
