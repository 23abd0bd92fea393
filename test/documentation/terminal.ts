import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;
const running = new Set<Terminal>();
process.on('exit', () => {
  for (const terminal of running) terminal.signal('SIGKILL');
});

/** A command in a terminal of its own: what it prints, what is typed into it, and the keys that end it. */
export class Terminal {
  private readonly child: ChildProcess;
  private readonly output: Buffer[] = [];
  private hasEnded = false;
  /** Resolves to the exit code, or the signal, when the command is gone and its output complete. */
  readonly ended: Promise<number | string>;

  constructor(command: string, args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
    // A process group of its own, as a shell makes it: Ctrl-C reaches the command and what it has started.
    this.child = spawn(command, args, { ...options, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (chunk) => this.output.push(chunk));
    this.child.stdin!.on('error', () => {}); // a command may end without reading
    running.add(this);
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code, signal) => {
        this.hasEnded = true;
        running.delete(this);
        resolve(code ?? signal!);
      });
    });
  }

  printed(): string {
    return Buffer.concat(this.output).toString();
  }

  type(text: string): void {
    this.child.stdin!.write(text);
  }

  /** Ctrl-D. */
  endInput(): void {
    this.child.stdin!.end();
  }

  /** To the whole process group. */
  signal(signal: NodeJS.Signals): void {
    if (this.hasEnded || this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Polls until `holds`; whether it ever did: not when the command has ended, or `limitMs` are over. */
  async until(holds: () => boolean, limitMs: number): Promise<boolean> {
    const deadlineMs = Date.now() + limitMs;
    for (;;) {
      const isLast = this.hasEnded || Date.now() > deadlineMs;
      if (holds()) return true;
      if (isLast) return false;
      await sleep(POLL_MS);
    }
  }

  /** The exit code; the command is killed after `limitMs`. */
  async end(limitMs: number): Promise<number | string> {
    const timer = setTimeout(() => this.signal('SIGKILL'), limitMs);
    return this.ended.finally(() => clearTimeout(timer));
  }
}
