import type { ToolError } from '@odradek/tools/tool-error';
import { asToolError } from '../errors';
import type { Logger } from '../log';
import { Pace } from './pace';

/** What a connector, and with it its tasks, is told to do. */
export type TargetState = 'STARTED' | 'PAUSED' | 'STOPPED';

/** Told of the turns in a task's life. */
export interface TaskListener {
  onStartup(): void;
  onPause(): void;
  onResume(): void;
  onShutdown(): void;
  onFailure(error: ToolError): void;
}

/** A task and what runs it: from start to end, whatever happens between (WorkerTask). */
export abstract class WorkerTask {
  protected readonly pace = new Pace();
  private life: Promise<void> | undefined;
  private target: TargetState;
  private cancelled = false;

  constructor(
    readonly name: string,
    target: TargetState,
    private readonly listener: TaskListener,
    protected readonly log: Logger,
  ) {
    this.target = target;
  }

  protected abstract readonly kind: string;
  /** Makes ready to work. */
  protected abstract initialize(): Promise<void>;
  /** Works for a while; called again and again. */
  protected abstract iterate(): Promise<void>;
  /** Called while the task is paused, so that its clients stay alive. */
  protected abstract idle(): Promise<void>;
  /** Asks the task to end what it waits for. */
  protected abstract interrupt(): void;
  /** Called once its end is no longer waited for: it must not touch anything that others see. */
  protected abstract abandon(): void;
  /** Ends everything; called once. */
  protected abstract finish(failed: boolean): Promise<void>;

  toString(): string {
    return `${this.kind}{id=${this.name}}`;
  }

  start(): void {
    this.life = this.run();
  }

  /** Tells the task to work, or to pause. */
  setTarget(target: TargetState): void {
    this.target = target;
    this.pace.wake();
  }

  /** Sleeps as long as the task is not to stop. False: it is. */
  sleep(ms: number): Promise<boolean> {
    return this.pace.sleep(ms);
  }

  /** Asks the task to end. */
  requestStop(): void {
    if (this.pace.isStopping) return;
    this.pace.end();
    this.interrupt();
  }

  /** Whether its end is no longer waited for: another may be in its place. */
  protected get isCancelled(): boolean {
    return this.cancelled;
  }

  /** Gives up waiting for its end. Nobody hears of it any more. */
  cancel(): void {
    this.cancelled = true;
    this.abandon();
  }

  /** Waits for the end, at most so long. Returns whether it has come. */
  async awaitStop(timeoutMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), timeoutMs);
    });
    const ended = await Promise.race([(this.life ?? Promise.resolve()).then(() => true), late]);
    clearTimeout(timer);
    return ended;
  }

  private async run(): Promise<void> {
    let failure: ToolError | undefined;
    try {
      await this.initialize();
      if (!this.cancelled) {
        if (this.target === 'PAUSED') this.listener.onPause();
        else this.listener.onStartup();
      }
      await this.work();
    } catch (thrown) {
      failure = asToolError(thrown);
      if (this.pace.isStopping) {
        this.log.error(`${this} After being scheduled for shutdown, task threw an uncaught exception.`, failure);
      } else {
        const fate = 'Task is being killed and will not recover until manually restarted';
        this.log.error(`${this} Task threw an uncaught and unrecoverable exception. ${fate}`, failure);
      }
    }
    try {
      await this.finish(failure !== undefined);
    } catch (thrown) {
      const error = asToolError(thrown);
      this.log.error(`${this} Task threw an uncaught and unrecoverable exception during shutdown`, error);
      failure ??= error;
    }
    if (this.cancelled) return;
    if (failure) this.listener.onFailure(failure);
    else this.listener.onShutdown();
  }

  private async work(): Promise<void> {
    let wasPaused = this.target === 'PAUSED';
    while (!this.pace.isStopping) {
      const isPaused = this.target === 'PAUSED';
      if (isPaused !== wasPaused) {
        if (isPaused) this.listener.onPause();
        else this.listener.onResume();
        wasPaused = isPaused;
      }
      if (isPaused) await this.idle();
      else await this.iterate();
    }
  }
}
