import type { BrokerEndpoint } from '../cluster/metadata';
import type { Processes } from '../cluster/processes';
import type { Clock } from '../env/clock';
import type { ControllerInOffice, ZooKeeperStore } from '../zookeeper/store';
import { toControllerBroker } from './brokers';
import type { FalseAlarms } from './false-alarms';

export interface SuccessionOptions {
  /** Null where nobody is to be noticed sooner than by ZooKeeper. */
  readonly processes: Processes | null;
  readonly store: ZooKeeperStore;
  readonly clock: Clock;
  readonly falseAlarms: FalseAlarms;
  readonly listenerName: string;
  /** The controller's process has ended, by all that can be seen from here. */
  readonly onGone: (office: ControllerInOffice) => void;
}

/** A broker's watch over the process of the controller, while that is another broker (docs/decisions/0007). */
export class Succession {
  private watch: { close(): void } | null = null;

  constructor(private readonly options: SuccessionOptions) {}

  /** Watches whoever is in office now, and nobody else any more. */
  async follow(): Promise<void> {
    this.close();
    const { processes, store, onGone } = this.options;
    if (processes === null) return;
    const office = await store.getControllerInOffice();
    const endpoint = office && this.endpointOf(office);
    if (office === null || !endpoint || !this.isTrusted(office)) return;
    this.watch = processes.watch(endpoint, () => onGone(office));
  }

  /** Whether the controller's host refuses a connection at this very moment. */
  async isRefused(office: ControllerInOffice): Promise<boolean> {
    const endpoint = this.endpointOf(office);
    return endpoint !== undefined && (await this.options.processes?.isRefused(endpoint)) === true;
  }

  close(): void {
    this.watch?.close();
    this.watch = null;
  }

  private endpointOf({ broker }: ControllerInOffice): BrokerEndpoint | undefined {
    return toControllerBroker(broker).endpoints.get(this.options.listenerName);
  }

  /** Whoever was wrong about a process leaves it to ZooKeeper: what is seen of it from here says little. */
  private isTrusted({ broker }: ControllerInOffice): boolean {
    const { falseAlarms, clock } = this.options;
    return falseAlarms.count(broker.info.id, broker.epoch, clock.monotonicMs()) === 0;
  }
}
