import type { ActiveController } from './active';
import { joined, left, onBrokerFailure, onBrokerStartup, toControllerBroker } from './brokers';
import type { ControllerBroker, ControllerState } from './state';

/** A process: a broker by its id and registration. */
export type Suspect = Pick<ControllerBroker, 'id' | 'epoch'>;

/**
 * The process of a broker has ended, as far as can be seen without ZooKeeper: the broker counts as offline from now on.
 * Its registration decides what follows: when it goes, nothing is left to be done; when another takes its place, that
 * broker starts as any other; if the process serves again under the same one, it was a false alarm.
 */
export async function onBrokerPresumedDead(controller: ActiveController, suspect: Suspect): Promise<void> {
  const { state, early } = controller;
  if (early === null || state.brokers.get(suspect.id)?.epoch !== suspect.epoch) return;
  const broker = await registered(controller, suspect);
  if (broker === null) return;
  // It may have been long until this event's turn came, and the broker may listen elsewhere by now.
  if (!(await early.isRefused(broker))) {
    early.watch(broker);
    return;
  }
  if (state.presumedDead.size >= mostPresumedDead(state)) {
    controller.logger.warn(
      `Broker ${broker.id} (epoch ${broker.epoch}) seems to be dead, as ${[...state.presumedDead.keys()]} did before: that is left to ZooKeeper`,
    );
    return;
  }
  state.brokers.set(broker.id, broker);
  presumeDead(controller, broker);
  await onBrokerFailure(controller, [broker.id]);
}

/**
 * How many at a time. To whom half of the cluster seems to have died, something is wrong with himself, more likely: with the
 * firewall of his own host, say.
 */
function mostPresumedDead({ brokers, presumedDead }: ControllerState): number {
  return Math.max(1, Math.floor((brokers.size + presumedDead.size - 1) / 2));
}

/** Takes a broker for dead from now on, if this registration is the one that it has. */
export function presumeDead(controller: ActiveController, { id, epoch }: Suspect): void {
  const { state, early, logger } = controller;
  const broker = state.brokers.get(id);
  if (broker?.epoch !== epoch) return;
  logger.warn(
    `Broker ${id} (epoch ${epoch}) is presumed dead: its connection has ended and its host refuses another one. Its replicas are offline from now on, ahead of the end of its ZooKeeper session.`,
  );
  left(controller, id);
  state.presumedDead.set(id, broker);
  early?.probe(broker);
}

/** A broker that was presumed dead answers requests: under the same registration it starts again. */
export async function onPresumedDeadServing(controller: ActiveController, suspect: Suspect): Promise<void> {
  const { state, early, logger } = controller;
  if (state.presumedDead.get(suspect.id)?.epoch !== suspect.epoch) return;
  // Only who is registered serves: if the registration is the same after the answer, the process is the same as well.
  const broker = await registered(controller, suspect);
  if (broker === null) return;
  logger.warn(`Broker ${broker.id} (epoch ${broker.epoch}) was presumed dead, but serves: it is online again.`);
  early?.noteFalseAlarm(broker);
  state.presumedDead.delete(broker.id);
  joined(controller, broker);
  await onBrokerStartup(controller, [broker]);
}

/** The broker as it is registered now; null where that is gone or another one, which BrokerChange is going to tell. */
async function registered({ store }: ActiveController, { id, epoch }: Suspect): Promise<ControllerBroker | null> {
  const found = await store.getBroker(id);
  return found?.epoch === epoch ? toControllerBroker(found) : null;
}
