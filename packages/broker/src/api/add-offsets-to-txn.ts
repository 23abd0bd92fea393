import { ERRORS } from '@odradek/protocol/errors';
import { AddOffsetsToTxn } from '@odradek/protocol/messages/add-offsets-to-txn';
import type { ResponseInit } from '@odradek/protocol/schema/api';
import { GROUP_OFFSETS_TOPIC } from '../cluster/topic-names';
import { type Handler, handler } from './handler';
import { fencedError } from './producer-fenced';
import type { Services } from './services';
import { settled } from './settled';

const FIRST_VERSION_WITH_FENCED = 2;

/** Makes the partition that a group's offsets are kept in part of a transaction. */
export function addOffsetsToTxn(services: Services): Handler<typeof AddOffsetsToTxn> {
  return handler({
    api: AddOffsetsToTxn,
    handle({ transactionalId, producerId, producerEpoch, groupId }, { apiVersion }) {
      const partitions = [{ topic: GROUP_OFFSETS_TOPIC, partition: services.groups.partitionFor(groupId) }];
      const knowsFenced = apiVersion >= FIRST_VERSION_WITH_FENCED;
      return settled<ResponseInit<typeof AddOffsetsToTxn>>((answer) =>
        services.transactions.addPartitions(transactionalId, { producerId, producerEpoch, partitions }, (error) =>
          answer({ errorCode: ERRORS[fencedError(error, knowsFenced)].code }),
        ),
      );
    },
    fail: ({ code }) => ({ errorCode: code }),
  });
}
