import { KafkaError } from '@odradek/protocol/errors';
import type { ActiveController } from './active';
import { chooseForShutdown } from './leader-choice';
import { dropReplicas, electLeaders, type Recipients, type Strategy } from './partitions';
import { RequestBatch } from './requests';
import type { PartitionId } from './state';

/** Of brokers that know no epochs yet (KIP-380). */
const UNKNOWN_BROKER_EPOCH = -1;

/**
 * A broker is about to stop: what it leads is given to others, what it follows does without it, so that nobody waits for
 * it when it is gone (KafkaController.doControlledShutdown). Returns the partitions that it still leads because no other
 * replica may. Throws BROKER_NOT_AVAILABLE, STALE_BROKER_EPOCH for a process that has been replaced.
 */
export async function shutDownBroker(
  controller: ActiveController,
  brokerId: number,
  brokerEpoch: number,
): Promise<PartitionId[]> {
  const { state, logger } = controller;
  checkBroker(controller, brokerId, brokerEpoch);
  logger.info(`Shutting down broker ${brokerId}`);
  state.shuttingDown.add(brokerId);
  const isLed = (id: PartitionId): boolean => state.stateOf(id)?.leader === brokerId;
  const partitions = [...state.allPartitions()].filter(
    (id) =>
      id.assignment.replicas.length > 1 &&
      id.assignment.replicas.includes(brokerId) &&
      state.stateOf(id) !== undefined &&
      !state.isBeingDeleted(id.topic),
  );
  const followed = partitions.filter((id) => !isLed(id)).map((id) => ({ ...id, broker: brokerId }));
  // It is told as well: its clients hear from it who leads now.
  const isUp: Recipients = (...replica) => state.isReplicaUp(...replica);
  await electLeaders(controller, partitions.filter(isLed), toOthers(controller), isUp);
  // It stops fetching before the in-sync sets are changed: else it would be taken in again.
  const stops = new RequestBatch();
  for (const id of followed) stops.addStopReplica(brokerId, id, false);
  controller.send(stops);
  await dropReplicas(controller, followed);
  const remaining = partitions.filter((id) => isLed(id) && !state.isBeingDeleted(id.topic));
  if (remaining.length > 0) {
    logger.info(`Broker ${brokerId} still leads ${remaining.length} partitions that no other replica may lead`);
  }
  return remaining;
}

function checkBroker({ state, logger }: ActiveController, brokerId: number, brokerEpoch: number): void {
  const broker = state.brokers.get(brokerId);
  if (brokerEpoch === UNKNOWN_BROKER_EPOCH) {
    if (!broker) throw new KafkaError('BROKER_NOT_AVAILABLE', `Broker id ${brokerId} does not exist.`);
    return;
  }
  // Apache's controller looks for the epoch first, and finds none.
  if (!broker) throw new KafkaError('UNKNOWN_SERVER_ERROR', `Broker id ${brokerId} does not exist.`);
  if (brokerEpoch >= broker.epoch) return;
  const reason = `Received controlled shutdown request from an old broker epoch ${brokerEpoch} for broker ${brokerId}. Current broker epoch is ${broker.epoch}.`;
  logger.info(reason);
  throw new KafkaError('STALE_BROKER_EPOCH', reason);
}

/** The live replicas of a strategy leave out who is about to stop, as this one must. */
const toOthers =
  ({ state }: ActiveController): Strategy =>
  (replicas, current, isLive) =>
    chooseForShutdown(replicas, current, isLive, (broker) => state.shuttingDown.has(broker));
