import type { Io, Out, Outs } from './print';

const CLEAR = '\r\u001b[K';
const REDRAW_MS = 200;
const SECOND_MS = 1_000;
const MINUTE_S = 60;

/**
 * A line below what a tool prints that says how far long work is. Only a terminal shows it: in a pipe, and in what is
 * compared with Kafka's tools, there is nothing of it.
 */
export class StatusLine {
  /** Where the tool prints meanwhile: the line makes room for it. */
  readonly outs: Outs;
  private isShown = false;
  private drawnMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly io: Io,
    private readonly now: () => number = Date.now,
  ) {
    this.outs = { stdout: this.above(io.stdout), stderr: this.above(io.stderr) };
  }

  private above(out: Out): Out {
    return {
      write: (data) => {
        this.clear();
        out.write(data);
      },
      get broken() {
        return out.broken;
      },
    };
  }

  /** Shows a text, unless another was shown just now. */
  show(text: () => string): void {
    if (!this.io.isTerminal || this.now() - this.drawnMs < REDRAW_MS) return;
    this.drawnMs = this.now();
    // A line that is broken could not be taken back whole.
    this.io.stdout.write(CLEAR + text().slice(0, this.io.terminalSize().columns - 1));
    this.isShown = true;
  }

  clear(): void {
    if (!this.isShown) return;
    this.io.stdout.write(CLEAR);
    this.isShown = false;
  }
}

/** `65 s`, `2 min 5 s`: a time that somebody waits for. */
function waitText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / SECOND_MS));
  return seconds < 2 * MINUTE_S ? `${seconds} s` : `${Math.floor(seconds / MINUTE_S)} min ${seconds % MINUTE_S} s`;
}

/** `42 %: 4200 of 10000 records, 35 s left`, where it goes on as it did so far. */
export function progressText(done: number, total: number, what: string, elapsedMs: number): string {
  const part = total > 0 ? Math.min(1, done / total) : 1;
  const left = part > 0 && part < 1 ? `, ${waitText((elapsedMs * (1 - part)) / part)} left` : '';
  return `${Math.floor(part * 100)} %: ${done} of ${total} ${what}${left}`;
}
