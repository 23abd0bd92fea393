import { type ChildProcess, fork } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type MemberData, type MemberMessage, type MemberPorts, STOP } from './member-messages';

const MAIN = join(__dirname, 'member-main.js');

/** A broker that runs. */
export interface Member {
  /** Resolves with its ports once it serves; rejects with the reason why it does not. */
  readonly ready: Promise<MemberPorts>;
  /** Resolves when it is gone, however that came. */
  readonly ended: Promise<void>;
  stop(): void;
  kill(): void;
}

/** Listens to a broker until it is gone. */
function member(name: string, source: EventEmitter, parts: Pick<Member, 'stop' | 'kill'>): Member {
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const ready = new Promise<MemberPorts>((resolve, reject) => {
    source.on('message', (message: MemberMessage) => {
      if (message.type === 'ready') resolve(message);
      else reject(new Error(`${name} could not start: ${message.reason}`));
    });
    source.on('error', (error: Error) => reject(new Error(`${name} could not start: ${error.message}`)));
    source.on('exit', () => {
      end();
      reject(new Error(`${name} ended while it started.`));
    });
  });
  // Whoever starts it hears of a failure; later ones are the broker's own affair, and in its log.
  ready.catch(() => {});
  return { ready, ended, ...parts };
}

/** A broker in a thread of this process. */
export function startThread(name: string, data: MemberData): Member {
  const worker = new Worker(MAIN, { workerData: data, stdout: false, stderr: false });
  return member(name, worker, {
    stop: () => worker.postMessage(STOP),
    kill: () => void worker.terminate(),
  });
}

/** A broker as a process of its own, which ends with this one. */
export function startProcess(name: string, data: MemberData): Member {
  const child: ChildProcess = fork(MAIN, [], {
    env: { ...process.env, ODRADEK_MEMBER: JSON.stringify(data) },
    execArgv: ['--min-semi-space-size=16'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return member(name, child, {
    stop: () => void (child.connected && child.send(STOP)),
    kill: () => void child.kill('SIGKILL'),
  });
}
