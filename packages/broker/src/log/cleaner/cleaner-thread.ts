import type { Background, Work } from '../../env/background';
import { CLEANER_WORK } from './cleaner-work';
import type { CleanerAnswer, CleanerRequest, CleanerTask } from './messages';

/** The cleaner has been stopped, and with it what was under way. */
export class CleanerStoppedError extends Error {
  override readonly name = 'CleanerStoppedError';
}

/** The work has ended by itself, wherever it was. */
export class CleanerEndedError extends Error {
  override readonly name = 'CleanerEndedError';
}

/** Background work that cleans, as its owner sees it: one request at a time, each answered once. Started when needed. */
export class CleanerThread {
  private work: Work<CleanerRequest> | null = null;
  private waiting: { resolve: (answer: CleanerAnswer) => void; reject: (error: Error) => void } | null = null;

  constructor(private readonly background: Background) {}

  /** Rejects with `CleanerEndedError`, or `CleanerStoppedError`, where the work has ended instead; the next one begins anew. */
  ask(request: CleanerTask): Promise<CleanerAnswer> {
    const work = this.started();
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      work.post(request);
    });
  }

  /** What is under way is given up, and answered so. */
  abort(): void {
    if (this.waiting !== null) this.work?.post({ kind: 'abort' });
  }

  /** How fast what is under way may go on. */
  setRate(ioBytesPerSecond: number): void {
    this.work?.post({ kind: 'rate', ioBytesPerSecond });
  }

  /** Gives its memory back. */
  async stop(): Promise<void> {
    const { work } = this;
    this.work = null;
    this.take()?.reject(new CleanerStoppedError('The cleaner is stopped'));
    await work?.stop();
  }

  private started(): Work<CleanerRequest> {
    this.work ??= this.background.start<CleanerRequest, CleanerAnswer>(CLEANER_WORK, {
      onAnswer: (answer) => this.take()?.resolve(answer),
      onFailure: (error) => {
        this.work = null;
        this.take()?.reject(
          new CleanerEndedError(`The cleaner's thread has ended: ${error.message}`, { cause: error }),
        );
      },
    });
    return this.work;
  }

  private take(): CleanerThread['waiting'] {
    const { waiting } = this;
    this.waiting = null;
    return waiting;
  }
}
