import { errorName } from '@odradek/protocol/errors';
import { ControlledShutdown } from '@odradek/protocol/messages/controlled-shutdown';
import type { Clock } from '../env/clock';
import type { Logger } from '../env/logger';
import type { BrokerEndpoint, MetadataImage } from './metadata';
import type { MetadataCache } from './metadata-cache';
import type { ConnectPeer } from './peers';

export interface ControlledShutdownOptions {
  readonly brokerId: number;
  readonly brokerEpoch: () => number;
  readonly metadata: MetadataCache;
  readonly connect: ConnectPeer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly interBrokerListenerName: string;
  /** controlled.shutdown.max.retries: of attempts, the first among them. */
  readonly maxRetries: number;
  /** Where this broker does not reach ZooKeeper, the controller hardly does: it is asked once. */
  readonly isZooKeeperReachable: () => boolean;
  /** controlled.shutdown.retry.backoff.ms */
  readonly retryBackoffMs: number;
  /** How long one attempt waits for its answer. */
  readonly requestTimeoutMs: number;
}

const VERSION = 3;
/** What the controller has decided is under way to all brokers when it answers. */
const HANDOVER_LIMIT_MS = 1_000;

/**
 * Asks the controller, as often as the settings say, to let others lead what this broker leads, so that it can go without
 * anybody's waiting for it (KafkaServer.controlledShutdown). Resolves in any case: who gets no help stops without.
 */
export async function controlledShutdown(options: ControlledShutdownOptions): Promise<void> {
  const { brokerId, metadata, logger, maxRetries, retryBackoffMs, isZooKeeperReachable } = options;
  const isAlone = ({ brokers }: MetadataImage): boolean => [...brokers.keys()].every((id) => id === brokerId);
  // Nobody could take anything over.
  if (isAlone(metadata.image)) return;
  logger.info('Starting controlled shutdown');
  for (let retries = maxRetries - 1; retries >= 0; retries--) {
    const asked = controllerOf(metadata.image, options);
    if (await attempt(asked, options)) {
      await handedOver(options);
      return;
    }
    if (retries === 0 || !isZooKeeperReachable()) break;
    // Sooner, where there is a new controller to ask, and never, where there is nobody left to help.
    const isNews = (image: MetadataImage): boolean => {
      const now = controllerOf(image, options);
      return isAlone(image) || (now !== null && (now.host !== asked?.host || now.port !== asked.port));
    };
    await metadata.waitUntil(isNews, retryBackoffMs);
    if (isAlone(metadata.image)) return;
    logger.info(`Retrying controlled shutdown (${retries} retries remaining)`);
  }
  logger.warn('Proceeding to do an unclean shutdown as all the controlled shutdown attempts failed');
}

function controllerOf(image: MetadataImage, { interBrokerListenerName }: ControlledShutdownOptions) {
  return image.brokers.get(image.controllerId ?? -1)?.endpoints.get(interBrokerListenerName) ?? null;
}

async function attempt(controller: BrokerEndpoint | null, options: ControlledShutdownOptions): Promise<boolean> {
  const { brokerId, brokerEpoch, connect, clock, logger, requestTimeoutMs: timeoutMs } = options;
  if (!controller) {
    logger.info('No controller is known');
    return false;
  }
  const startedMs = clock.monotonicMs();
  try {
    const peer = await connect(controller);
    try {
      const request = { brokerId, brokerEpoch: brokerEpoch() };
      const { errorCode, remainingPartitions } = await peer.send(ControlledShutdown, VERSION, request, { timeoutMs });
      const after = `Controlled shutdown request returned after ${Math.round(clock.monotonicMs() - startedMs)}ms`;
      if (errorCode !== 0) logger.info(`${after} with error ${errorName(errorCode)}`);
      else if (remainingPartitions.length === 0) logger.info(`${after} with success`);
      else logger.info(`${after} with ${remainingPartitions.length} remaining partitions to move`);
      return errorCode === 0 && remainingPartitions.length === 0;
    } finally {
      peer.close();
    }
  } catch (error) {
    logger.warn(
      `Error during controlled shutdown, possibly because leader movement took longer than the configured controller.socket.timeout.ms and/or request.timeout.ms: ${(error as Error).message}`,
    );
    return false;
  }
}

/** Waits until this broker has been told of its last successor: clients hear from it who leads now. */
async function handedOver({ brokerId, metadata }: ControlledShutdownOptions): Promise<void> {
  const leadsNothing = ({ topics }: MetadataImage): boolean =>
    [...topics.values()].every(({ partitions }) =>
      [...partitions.values()].every(({ leader, replicas }) => leader !== brokerId || replicas.length === 1),
    );
  await metadata.waitUntil(leadsNothing, HANDOVER_LIMIT_MS);
}
