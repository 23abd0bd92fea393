import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The project's folder. */
export const home = path.resolve(__dirname, '..', '..');

const POLL_MS = 20;

/** How a process ended: its exit code, or the signal that killed it. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Where a server runs, if not simply here. */
export interface Place {
  /** The command that starts another one there, which that then becomes: signals must reach it. */
  readonly within: readonly string[];
  /** A port of 127.0.0.1 by which this test reaches it. */
  readonly port: number;
}

/** A server process of a test: started, waited for, stopped in any way, its output at hand. Killed when the tests end. */
export class ServerProcess {
  private readonly child: ChildProcess;
  private readonly output: Buffer[] = [];
  /** Resolves when the process is gone and its output is complete. */
  readonly ended: Promise<Ending>;
  private ending: Ending | undefined;

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(command, args, {
      cwd: home,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (chunk) => this.output.push(chunk));
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code, signal) => {
        this.ending = { code, signal };
        running.delete(this);
        resolve(this.ending);
      });
    });
    running.add(this);
  }

  get pid(): number {
    return this.child.pid!;
  }

  get isRunning(): boolean {
    return this.ending === undefined;
  }

  /** Everything written so far, stdout and stderr as they came. */
  log(): string {
    return Buffer.concat(this.output).toString();
  }

  /** Polls until `holds` says true; fails with the log when the process ends before, or after `limitMs`. */
  async until(holds: () => boolean | Promise<boolean>, limitMs = 50_000): Promise<void> {
    const deadlineMs = Date.now() + limitMs;
    while (!(await holds())) {
      if (this.ending) throw new Error(`ended: ${JSON.stringify(this.ending)}\n${this.log()}`);
      if (Date.now() > deadlineMs) throw new Error(`not so after ${limitMs} ms\n${this.log()}`);
      await sleep(POLL_MS);
    }
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending> {
    if (this.isRunning) this.child.kill(signal);
    return this.ended;
  }

  /** kill -9. */
  kill(): Promise<Ending> {
    return this.stop('SIGKILL');
  }

  /** Holds the process still: its connections stay open and say nothing. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }
}

const running = new Set<ServerProcess>();
process.on('exit', () => {
  for (const { pid } of running) process.kill(pid, 'SIGKILL');
});

/** A new empty folder in the system's temporary folder. */
export const tempDir = (name: string): string => fs.mkdtempSync(path.join(os.tmpdir(), `odradek-${name}-`));

export const removeDir = (dir: string): void => fs.rmSync(dir, { recursive: true, force: true });

/** Writes a properties file; the values must need no escapes. */
export function writeProperties(file: string, settings: Readonly<Record<string, string | number>>): void {
  fs.writeFileSync(
    file,
    Object.entries(settings)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
}
