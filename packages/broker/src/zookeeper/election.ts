import type { Logger } from '../env/logger';
import { ZooKeeperError, ZooKeeperMultiError, type ZooKeeperOperation } from '../env/zookeeper';
import { type BrokerInfo, decodeBrokerInfo } from './broker-info';
import { ANY_VERSION, guarded, isZooKeeperError, onCode, readIfExists } from './operations';
import type { ZooKeeperClient } from './session';
import { ControllerEpochZNode, ControllerZNode, paths } from './znodes';

export type ElectionOutcome =
  /** Every write of this controller checks that `/controller_epoch` still has version `epochZkVersion`. */
  | { readonly type: 'elected'; readonly controllerEpoch: number; readonly epochZkVersion: number }
  /** Another broker was faster. -1 where it is gone again already. */
  | { readonly type: 'other'; readonly controllerId: number };

/** The broker in `/controller`, or null. */
export async function readController(client: ZooKeeperClient): Promise<number | null> {
  const found = await readIfExists(client, paths.controller);
  return found && ControllerZNode.decode(found.data).brokerId;
}

/** The controller epoch and the version of its znode, or null before the first election. */
export async function readControllerEpoch(
  client: ZooKeeperClient,
): Promise<{ controllerEpoch: number; epochZkVersion: number } | null> {
  const found = await readIfExists(client, paths.controllerEpoch);
  return found && { controllerEpoch: ControllerEpochZNode.decode(found.data), epochZkVersion: found.stat.version };
}

/** A controller in office: which election made it one, and which registration its process has. */
export interface ControllerInOffice {
  readonly epochZkVersion: number;
  readonly broker: { readonly info: BrokerInfo; readonly epoch: number };
}

/** Null where nobody is in office, or where its session has registered no broker: then its process is not known. */
export async function readOffice(client: ZooKeeperClient): Promise<ControllerInOffice | null> {
  // The epoch first: read after `/controller` it might be that of a later election, and depose its winner.
  const epoch = await readControllerEpoch(client);
  const controller = await readIfExists(client, paths.controller);
  if (!epoch || !controller) return null;
  const { brokerId } = ControllerZNode.decode(controller.data);
  const broker = await readIfExists(client, paths.brokerId(brokerId));
  if (broker?.stat.ephemeralOwner !== controller.stat.ephemeralOwner) return null;
  const info = decodeBrokerInfo(brokerId, broker.data);
  return { epochZkVersion: epoch.epochZkVersion, broker: { info, epoch: broker.stat.czxid } };
}

/**
 * Takes `/controller` and raises the epoch, in one step (registerControllerAndIncrementControllerEpoch). Where the
 * reply was lost, the repeated attempt fails on its own work; `/controller` and the epoch then show who won.
 */
export async function tryElect(
  client: ZooKeeperClient,
  brokerId: number,
  timestampMs: number,
  logger: Logger,
): Promise<ElectionOutcome> {
  const current = (await readControllerEpoch(client)) ?? (await createControllerEpoch(client, logger));
  return runForOffice(client, brokerId, timestampMs, current, [], logger);
}

/**
 * As `tryElect`, over the head of the controller that the election of `epochZkVersion` has put in office: its process is
 * gone, its session is not (docs/decisions/0007). Does nothing once another election has been won.
 */
export async function trySucceed(
  client: ZooKeeperClient,
  brokerId: number,
  timestampMs: number,
  epochZkVersion: number,
  logger: Logger,
): Promise<ElectionOutcome> {
  const current = await readControllerEpoch(client);
  if (current?.epochZkVersion !== epochZkVersion) return { type: 'other', controllerId: -1 };
  // Each election raises the epoch, so that this can be no other controller's node than the one that is meant.
  const depose: ZooKeeperOperation = { type: 'delete', path: paths.controller, version: ANY_VERSION };
  return runForOffice(client, brokerId, timestampMs, current, [depose], logger);
}

async function runForOffice(
  client: ZooKeeperClient,
  brokerId: number,
  timestampMs: number,
  current: { readonly controllerEpoch: number; readonly epochZkVersion: number },
  before: readonly ZooKeeperOperation[],
  logger: Logger,
): Promise<ElectionOutcome> {
  const controllerEpoch = current.controllerEpoch + 1;
  logger.debug(
    `Try to create ${paths.controller} and increment controller epoch to ${controllerEpoch} with expected controller epoch zkVersion ${current.epochZkVersion}`,
  );
  try {
    const results = await client.multi([
      ...before,
      {
        type: 'create',
        path: paths.controller,
        data: ControllerZNode.encode(brokerId, timestampMs),
        mode: 'ephemeral',
      },
      {
        type: 'set',
        path: paths.controllerEpoch,
        data: ControllerEpochZNode.encode(controllerEpoch),
        version: current.epochZkVersion,
      },
    ]);
    const written = results.at(-1);
    if (written?.type !== 'set') throw new ZooKeeperError('SYSTEM_ERROR', paths.controllerEpoch);
    return { type: 'elected', controllerEpoch, epochZkVersion: written.stat.version };
  } catch (error) {
    if (!(error instanceof ZooKeeperMultiError)) throw error;
    const isLost = error.code === 'NODE_EXISTS' || error.code === 'BAD_VERSION' || error.code === 'NO_NODE';
    if (!isLost) throw error;
    return whoWon(client, brokerId, controllerEpoch);
  }
}

async function whoWon(client: ZooKeeperClient, brokerId: number, controllerEpoch: number): Promise<ElectionOutcome> {
  const controller = await readIfExists(client, paths.controller);
  if (controller === null) return { type: 'other', controllerId: -1 };
  const controllerId = ControllerZNode.decode(controller.data).brokerId;
  const epoch = await readControllerEpoch(client);
  // Our id alone is not enough: the node may be a former session's, about to go.
  const isOurs = controllerId === brokerId && controller.stat.ephemeralOwner === client.sessionId;
  if (isOurs && epoch?.controllerEpoch === controllerEpoch) return { type: 'elected', ...epoch };
  return { type: 'other', controllerId };
}

async function createControllerEpoch(
  client: ZooKeeperClient,
  logger: Logger,
): Promise<{ controllerEpoch: number; epochZkVersion: number }> {
  try {
    await client.create(paths.controllerEpoch, ControllerEpochZNode.encode(0));
    logger.info(`Successfully created ${paths.controllerEpoch} with initial epoch 0`);
    return { controllerEpoch: 0, epochZkVersion: 0 };
  } catch (error) {
    if (!isZooKeeperError(error, 'NODE_EXISTS')) throw error;
    const created = await readControllerEpoch(client);
    if (created) return created;
    throw new ZooKeeperError(
      'NO_NODE',
      paths.controllerEpoch,
      `${paths.controllerEpoch} existed before but goes away while trying to read it`,
    );
  }
}

/** Gives `/controller` up, unless another broker has been elected since. */
export async function resignController(client: ZooKeeperClient, epochZkVersion: number): Promise<void> {
  await guarded(client, epochZkVersion, { type: 'delete', path: paths.controller, version: -1 }).catch(
    onCode('NO_NODE', null),
  );
}
