import { type Clock, repeat, type Timer } from '../clock';
import type { SeededRandom } from './random';
import { type Task, TaskQueue } from './task-queue';
import { Trace } from './trace';

/** What one turn of a process costs it: time goes on also for those who only ask to be called again. */
const TURN_MS = 0.01;
/** Who asks for the time more often in one turn goes round in circles without ever letting go. */
const MAX_LOOKS_PER_TURN = 500_000;
const DEFAULT_EPOCH_MS = Date.UTC(2024, 0, 1);

/**
 * The time of a simulated world, which jumps from one task to the next. Every process has its own queue, in order;
 * which of several that are due at the same moment goes first, the seed decides.
 */
export class SimulatedTime {
  readonly trace = new Trace();
  /** Milliseconds since the world began. */
  nowMs = 0;
  /** Tasks run so far. */
  steps = 0;
  /** Told of what a process's turn has thrown: that process's end, in the real world. */
  onFailure: (process: SimulatedProcess, error: unknown) => void = (_process, error) => {
    throw error;
  };
  /** Whose turn it is, or was last. */
  current: SimulatedProcess;
  /** Moves what the world does by itself: bytes on their way, sessions that end. Never paused. */
  readonly physics: SimulatedProcess;
  private processes: SimulatedProcess[] = [];
  private created = 0;

  constructor(
    private readonly random: SeededRandom,
    readonly epochMs = DEFAULT_EPOCH_MS,
  ) {
    this.physics = this.process('physics');
    this.current = this.physics;
  }

  process(name: string): SimulatedProcess {
    const process = new SimulatedProcess(name, this.created++, this);
    this.processes.push(process);
    return process;
  }

  /** Lets time pass until then, running everything that is due. */
  async runUntil(untilMs: number): Promise<void> {
    await this.runWhile(() => true, untilMs);
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** Lets time pass as long as `goOn` says so and something is left to happen before `untilMs`. */
  runWhile(goOn: () => boolean, untilMs = Number.POSITIVE_INFINITY): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        try {
          // Node settles every promise that can be settled between two of its own turns.
          if (goOn() && this.step(untilMs)) setImmediate(turn);
          else resolve();
        } catch (error) {
          reject(error);
        }
      };
      setImmediate(turn);
    });
  }

  /** Runs what physics has to do and then one turn of a process. False where nothing is due before `untilMs`. */
  private step(untilMs: number): boolean {
    for (;;) {
      const next = this.next();
      if (next === null || next.readyMs > untilMs) return false;
      this.nowMs = Math.max(this.nowMs, next.readyMs);
      this.steps++;
      this.current = next.process;
      try {
        next.process.turn();
      } catch (error) {
        this.onFailure(next.process, error);
      }
      // Physics has no promises to settle.
      if (next.process !== this.physics) return true;
    }
  }

  private next(): { process: SimulatedProcess; readyMs: number } | null {
    let process: SimulatedProcess | null = null;
    let readyMs = Number.POSITIVE_INFINITY;
    let equals = 1;
    for (const candidate of this.processes) {
      const candidateMs = candidate.readyMs;
      if (candidateMs > readyMs || candidateMs === Number.POSITIVE_INFINITY) continue;
      equals = candidateMs === readyMs ? equals + 1 : 1;
      if (equals > 1 && this.random.below(equals) !== 0) continue;
      process = candidate;
      readyMs = candidateMs;
    }
    return process && { process, readyMs };
  }

  forget(process: SimulatedProcess): void {
    this.processes = this.processes.filter((other) => other !== process);
  }
}

/**
 * One process in simulated time. It does one thing at a time: what takes long (`spend`) puts off all that follows.
 * A paused process does nothing until it goes on, a dead one never does anything again.
 */
export class SimulatedProcess implements Clock {
  state: 'running' | 'paused' | 'dead' = 'running';
  /** How far this machine's clock on the wall is off; durations are right. */
  wallOffsetMs = 0;
  private readonly queue = new TaskQueue();
  private readonly deathListeners = new Set<() => void>();
  private sequence = 0;
  /** Until then it is busy with what it has begun. */
  private busyUntilMs = 0;
  /** At the time, in this turn. */
  private looks = 0;

  constructor(
    readonly name: string,
    private readonly index: number,
    readonly time: SimulatedTime,
  ) {}

  get isAlive(): boolean {
    return this.state !== 'dead';
  }

  /** When it can do the next thing; infinite where there is none. */
  get readyMs(): number {
    if (this.state !== 'running') return Number.POSITIVE_INFINITY;
    const task = this.queue.peek();
    return task === null ? Number.POSITIVE_INFINITY : Math.max(task.atMs, this.busyUntilMs);
  }

  nowMs(): number {
    return Math.floor(this.time.epochMs + this.monotonicMs() + this.wallOffsetMs);
  }

  monotonicMs(): number {
    if (++this.looks > MAX_LOOKS_PER_TURN) {
      this.looks = 0;
      throw new Error(`${this.name} does not end its turn`);
    }
    return Math.max(this.time.nowMs, this.busyUntilMs);
  }

  after(delayMs: number, callback: () => void): Timer {
    const task = this.at(this.monotonicMs() + Math.max(0, delayMs), callback);
    return { cancel: () => this.queue.cancel(task) };
  }

  every(intervalMs: number, callback: () => void): Timer {
    return repeat(this, intervalMs, callback);
  }

  soon(callback: () => void): void {
    this.at(this.monotonicMs(), callback);
  }

  /** Runs `callback` at a moment of the world's time. */
  at(atMs: number, callback: () => void): Task {
    const task: Task = { atMs, sequence: this.sequence++, run: callback };
    if (this.isAlive) this.queue.push(task);
    return task;
  }

  /** What it is doing takes `durationMs`. */
  spend(durationMs: number): void {
    this.busyUntilMs = this.monotonicMs() + durationMs;
  }

  pause(): void {
    if (this.state === 'running') this.state = 'paused';
  }

  resume(): void {
    if (this.state === 'paused') this.state = 'running';
  }

  /** Ends it at once: nothing that it waits for will come. */
  kill(): void {
    if (this.state === 'dead') return;
    this.state = 'dead';
    this.queue.clear();
    this.time.forget(this);
    for (const listener of this.deathListeners) listener();
    this.deathListeners.clear();
  }

  /** Returns the function that takes the listener away. */
  onDeath(listener: () => void): () => void {
    this.deathListeners.add(listener);
    return () => this.deathListeners.delete(listener);
  }

  /** Runs the next task. */
  turn(): void {
    const task = this.queue.peek()!;
    this.queue.removeFirst();
    this.looks = 0;
    const { trace, physics } = this.time;
    trace.note(this.index);
    trace.note(this.time.nowMs);
    if (this !== physics) this.spend(TURN_MS);
    const { run } = task;
    task.run = null;
    run!();
  }
}
