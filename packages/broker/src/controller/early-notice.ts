import type { Processes } from '../cluster/processes';
import type { Clock, Timer } from '../env/clock';
import type { FalseAlarms } from './false-alarms';
import type { ControllerBroker } from './state';

export interface EarlyNoticeOptions {
  readonly processes: Processes;
  readonly clock: Clock;
  readonly falseAlarms: FalseAlarms;
  /** The controller's own broker: nobody notices their own end. */
  readonly ownId: number;
  /** Which of a broker's listeners the controller talks to. */
  readonly listenerName: string;
  /** Called once for a broker that is watched: its process has ended, by all that can be seen from here. */
  readonly onGone: (broker: ControllerBroker) => void;
  /** Called once for a broker that is probed: it serves. */
  readonly onServing: (broker: ControllerBroker) => void;
}

/** How soon one who is presumed dead is asked for a sign of life; twice as late after every false alarm of his. */
const FIRST_PROBE_MS = 500;
const LATEST_FIRST_PROBE_MS = 30_000;
/**
 * Who lives all the same and does not know yet that others took over answers from what he remembers: offsets of groups, for
 * one. So he is asked often, as long as he has not given so many false alarms that the first question comes later than that.
 */
const LAST_INTERVAL_MS = 2_000;

/**
 * One term's watch over the processes of the brokers (docs/decisions/0007): who lives is watched for his end, who is
 * presumed dead is asked for a sign of life until ZooKeeper says that he is gone.
 */
export class EarlyNotice {
  private readonly watches = new Map<number, { close(): void }>();
  private readonly probes = new Map<number, Probe>();

  constructor(private readonly options: EarlyNoticeOptions) {}

  /** Watches a live broker, in place of what was done about this id before; `isOld` as for `Processes.watch`. */
  watch(broker: ControllerBroker, isOld = false): void {
    this.forget(broker.id);
    const endpoint = broker.endpoints.get(this.options.listenerName);
    if (!endpoint || broker.id === this.options.ownId) return;
    const onGone = (): void => this.options.onGone(broker);
    this.watches.set(broker.id, this.options.processes.watch(endpoint, onGone, isOld));
  }

  /** Asks a broker that is presumed dead, in place of what was done about this id before. */
  probe(broker: ControllerBroker): void {
    this.forget(broker.id);
    const { clock, processes, falseAlarms, listenerName, onServing } = this.options;
    const endpoint = broker.endpoints.get(listenerName)!;
    const alarms = falseAlarms.count(broker.id, broker.epoch, clock.monotonicMs());
    const firstMs = Math.min(FIRST_PROBE_MS * 2 ** alarms, LATEST_FIRST_PROBE_MS);
    const serves = () => processes.serves(endpoint);
    this.probes.set(broker.id, new Probe(clock, serves, firstMs, () => onServing(broker)));
  }

  forget(id: number): void {
    this.watches.get(id)?.close();
    this.watches.delete(id);
    this.probes.get(id)?.close();
    this.probes.delete(id);
  }

  /** Whether the broker refuses a connection at this very moment. */
  isRefused({ endpoints }: ControllerBroker): Promise<boolean> {
    const endpoint = endpoints.get(this.options.listenerName);
    return endpoint ? this.options.processes.isRefused(endpoint) : Promise.resolve(false);
  }

  noteFalseAlarm({ id, epoch }: ControllerBroker): void {
    this.options.falseAlarms.note(id, epoch, this.options.clock.monotonicMs());
  }

  close(): void {
    for (const id of [...this.watches.keys(), ...this.probes.keys()]) this.forget(id);
  }
}

/** Asks until the answer is yes, at intervals that grow. */
class Probe {
  private timer: Timer;
  private isOver = false;

  constructor(
    private readonly clock: Clock,
    private readonly serves: () => Promise<boolean>,
    private delayMs: number,
    private readonly onServing: () => void,
  ) {
    this.timer = this.clock.after(delayMs, () => void this.ask());
  }

  close(): void {
    this.isOver = true;
    this.timer.cancel();
  }

  private async ask(): Promise<void> {
    const isServing = await this.serves();
    if (this.isOver) return;
    if (isServing) return this.onServing();
    this.delayMs = Math.max(this.delayMs, Math.min(this.delayMs * 2, LAST_INTERVAL_MS));
    this.timer = this.clock.after(this.delayMs, () => void this.ask());
  }
}
