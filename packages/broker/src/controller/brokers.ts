import type { BrokerInfo } from '../zookeeper/broker-info';
import type { ActiveController } from './active';
import { forgetUnanswered, resumeDeletions } from './deletion';
import { electLeaders, onlineReplicas, onReplicasOffline } from './partitions';
import { resumeMovesTo } from './reassignment';
import { RequestBatch } from './requests';
import type { ControllerBroker } from './state';

/** The brokers that came, went, and came back under the same id between two readings. */
export interface BrokerDifference {
  readonly added: ControllerBroker[];
  readonly bounced: ControllerBroker[];
  readonly gone: number[];
}

/** Compares registrations; a larger epoch (czxid) under the same id is a broker that was restarted. */
export function differBrokers(
  known: ReadonlyMap<number, ControllerBroker>,
  now: ReadonlyMap<number, ControllerBroker>,
): BrokerDifference {
  return {
    added: [...now.values()].filter(({ id }) => !known.has(id)),
    bounced: [...now.values()].filter(({ id, epoch }) => (known.get(id)?.epoch ?? epoch) < epoch),
    gone: [...known.keys()].filter((id) => !now.has(id)),
  };
}

/** A broker is live from now on: requests go to it, and its end is watched for. `isOld`: and has been for a while. */
export function joined({ state, channels, early }: ActiveController, broker: ControllerBroker, isOld = false): void {
  state.brokers.set(broker.id, broker);
  channels.add(broker);
  early?.watch(broker, isOld);
}

/** A broker is live no more. */
export function left({ state, channels, early }: ActiveController, id: number): void {
  state.brokers.delete(id);
  channels.remove(id);
  early?.forget(id);
}

const PROTOCOL_NUMBERS = { PLAINTEXT: 0, SSL: 1, SASL_PLAINTEXT: 2, SASL_SSL: 3 } as const;

async function readBrokers(controller: ActiveController): Promise<Map<number, ControllerBroker>> {
  const { state, store } = controller;
  let registered = await store.getBrokers();
  const unwatched = [...registered.keys()].filter((id) => !state.brokers.has(id) && !state.presumedDead.has(id));
  if (unwatched.length > 0) {
    for (const id of unwatched) controller.watchBroker(id);
    // Only this reading watches them: a change of their listeners after the first would go unseen.
    registered = await store.getBrokers();
  }
  return new Map([...registered].map(([id, broker]) => [id, toControllerBroker(broker)]));
}

/** A registration as the controller sees it. */
export function toControllerBroker({ info, epoch }: { info: BrokerInfo; epoch: number }): ControllerBroker {
  const endpoints = info.endpoints.map(
    ({ listenerName, host, port, securityProtocol }) =>
      [listenerName, { host: host ?? '', port, securityProtocol: PROTOCOL_NUMBERS[securityProtocol] }] as const,
  );
  return { id: info.id, epoch, rack: info.rack, endpoints: new Map(endpoints) };
}

/** Leaves out who is presumed dead, and stops presuming it of those who are gone, or registered anew, by now. */
function withoutPresumedDead(controller: ActiveController, now: Map<number, ControllerBroker>): void {
  const { state, early } = controller;
  for (const { id, epoch } of [...state.presumedDead.values()]) {
    const registered = now.get(id);
    if (registered?.epoch === epoch) {
      now.delete(id);
      continue;
    }
    state.presumedDead.delete(id);
    early?.forget(id);
    if (!registered) controller.unwatchBroker(id);
  }
}

/** Fills the list of brokers of a new controller. */
export async function readInitialBrokers(controller: ActiveController): Promise<void> {
  for (const broker of (await readBrokers(controller)).values()) joined(controller, broker, true);
}

/** `/brokers/ids` has changed: new brokers first, then restarted ones, then those that are gone. */
export async function onBrokersChanged(controller: ActiveController): Promise<void> {
  const { state, logger } = controller;
  const now = await readBrokers(controller);
  withoutPresumedDead(controller, now);
  const { added, bounced, gone } = differBrokers(state.brokers, now);
  logger.info(
    `Newly added brokers: ${added.map(({ id }) => id)}, deleted brokers: ${gone}, bounced brokers: ${bounced.map(({ id }) => id)}, all live brokers: ${[...now.keys()]}`,
  );
  for (const broker of added) joined(controller, broker);
  if (added.length > 0) await onBrokerStartup(controller, added);
  for (const { id } of bounced) left(controller, id);
  if (bounced.length > 0) {
    await onBrokerFailure(
      controller,
      bounced.map(({ id }) => id),
    );
    for (const broker of bounced) joined(controller, broker);
    await onBrokerStartup(controller, bounced);
  }
  for (const id of gone) {
    controller.unwatchBroker(id);
    left(controller, id);
  }
  if (gone.length > 0) await onBrokerFailure(controller, gone);
}

/** A broker has written its znode anew: where its listeners have changed, everybody is told. */
export async function onBrokerModified(controller: ActiveController, id: number): Promise<void> {
  const { state, logger } = controller;
  const known = state.brokers.get(id);
  const now = (await readBrokers(controller)).get(id);
  // One that is gone, or has been restarted, is the affair of BrokerChange.
  if (!known || now?.epoch !== known.epoch || sameEndpoints(known, now)) return;
  logger.info(`Updated broker metadata: listeners of broker ${id} are ${[...now.endpoints.keys()]}`);
  state.brokers.set(id, { ...known, endpoints: now.endpoints });
  const batch = new RequestBatch();
  batch.addMetadata(state.brokers.keys(), []);
  controller.send(batch);
}

function sameEndpoints(one: ControllerBroker, other: ControllerBroker): boolean {
  if (one.endpoints.size !== other.endpoints.size) return false;
  return [...one.endpoints].every(([name, { host, port, securityProtocol }]) => {
    const found = other.endpoints.get(name);
    return found?.host === host && found.port === port && found.securityProtocol === securityProtocol;
  });
}

/** Brokers have come: they hear of everything, the others of them; what waits for a leader may have one now. */
export async function onBrokerStartup(
  controller: ActiveController,
  started: readonly ControllerBroker[],
): Promise<void> {
  const { state } = controller;
  const ids = new Set(started.map(({ id }) => id));
  for (const id of ids) state.offlineReplicas.delete(id);
  // The others learn of the broker before they hear that it leads anything; it hears of everything.
  const others = new RequestBatch();
  others.addMetadata(
    [...state.brokers.keys()].filter((id) => !ids.has(id)),
    [],
  );
  controller.send(others);
  const all = [...state.allPartitions()];
  const newcomers = new RequestBatch();
  newcomers.addMetadata(ids, all);
  controller.send(newcomers);
  // A replica that has been deleted must not be made again.
  const kept = all.filter(({ topic }) => !state.isBeingDeleted(topic));
  const replicas = new RequestBatch();
  onlineReplicas(controller, kept, replicas, ids);
  controller.send(replicas);
  await electLeaders(
    controller,
    kept.filter((id) => state.needsLeader(id)),
  );
  await resumeMovesTo(controller, ids);
  await resumeDeletions(controller);
}

/** Brokers are gone: others lead in their place, the in-sync sets lose them. */
export async function onBrokerFailure(controller: ActiveController, gone: readonly number[]): Promise<void> {
  const { state, logger } = controller;
  const ids = new Set(gone);
  for (const id of ids) {
    state.offlineReplicas.delete(id);
    if (state.shuttingDown.delete(id)) logger.info(`Removed ${id} from list of shutting down brokers.`);
  }
  forgetUnanswered(controller, ids);
  const lost = [...state.allPartitions()].flatMap((id) =>
    id.assignment.replicas.filter((broker) => ids.has(broker)).map((broker) => ({ ...id, broker })),
  );
  await onReplicasOffline(controller, lost);
  if (lost.some(({ topic }) => !state.isBeingDeleted(topic))) return;
  // Nothing else has told the others that it is gone.
  const rest = new RequestBatch();
  rest.addMetadata(state.brokers.keys(), []);
  controller.send(rest);
}
