import { KafkaError } from '@odradek/protocol/errors';
import { ConsumerGroupDescribe } from '@odradek/protocol/messages/consumer-group-describe';
import { specificMessage } from './api-error';
import { NOT_ASKED } from './authorized-operations';
import { type Handler, handler } from './handler';

/** The new group protocol (KIP-848) needs KRaft: a ZooKeeper broker knows the request and refuses every group. */
export function consumerGroupDescribe(): Handler<typeof ConsumerGroupDescribe> {
  return handler({
    api: ConsumerGroupDescribe,
    handle() {
      throw new KafkaError('UNSUPPORTED_VERSION');
    },
    fail: (error, { groupIds }) => ({
      groups: groupIds.map((groupId) => ({
        errorCode: error.code,
        errorMessage: specificMessage(error),
        groupId,
        groupState: '',
        groupEpoch: 0,
        assignmentEpoch: 0,
        assignorName: '',
        members: [],
        authorizedOperations: NOT_ASKED,
      })),
    }),
  });
}
