import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlainError } from './say.mjs';

const pollMs = 50;
const shownLines = 20;

/**
 * A server process that this one owns: started in a process group of its own (Ctrl-C reaches only us, so that we choose the
 * order in which servers stop), its output in a file.
 */
export class Server {
  /** @param {{ name: string, command: string, args: string[], logFile: string, patienceMs: number }} options */
  constructor({ name, command, args, logFile, patienceMs }) {
    this.name = name;
    this.logFile = logFile;
    this.patienceMs = patienceMs;
    const log = fs.openSync(logFile, 'w');
    this.child = spawn(command, args, { detached: true, stdio: ['ignore', log, log] });
    fs.closeSync(log);
    /** How it ended, once it has: never rejects. */
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => resolve(error.message));
      this.child.on('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    this.ended.then(() => {
      this.isRunning = false;
    });
    this.isRunning = true;
    this.#guard();
  }

  /** Even SIGKILL to us leaves no orphan: a shell that reads a pipe of ours sees it close, and stops the server. */
  #guard() {
    if (!this.child.pid) return;
    const script = 'read -r line; kill -TERM "$0"';
    const guard = spawn('sh', ['-c', script, String(this.child.pid)], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.ended.then(() => guard.kill('SIGKILL'));
  }

  /** Waits until `serves()` says true; throws when the process ends before, or after `limitMs`. */
  async ready(serves, limitMs, everyMs = pollMs) {
    const deadline = Date.now() + limitMs;
    while (!(await serves())) {
      if (!this.isRunning)
        throw new PlainError(`${this.name} ended while starting (${await this.ended}). ${this.lastLines()}`);
      if (Date.now() > deadline)
        throw new PlainError(`${this.name} does not serve after ${limitMs / 1000} s. ${this.lastLines()}`);
      await sleep(everyMs);
    }
  }

  lastLines() {
    const lines = fs.readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-shownLines);
    return `The end of ${this.logFile}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  }

  /** SIGTERM, then patience, then SIGKILL. Resolves when the process is gone. */
  async stop() {
    if (!this.isRunning) return;
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => {
      console.error(`${this.name} did not stop within ${this.patienceMs / 1000} s and is killed.`);
      this.kill();
    }, this.patienceMs);
    await this.ended;
    clearTimeout(timer);
  }

  kill() {
    this.child.kill('SIGKILL');
  }
}
