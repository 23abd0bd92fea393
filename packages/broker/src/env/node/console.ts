import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Console, ConsoleEvents, ConsoleMessage, ConsoleSettings, RunningConsole } from '../console';

/** The console's memory is its own; what it may take is bounded, so that it never takes the broker's. */
const MAX_HEAP_MB = 512;

/** A thread of this process, which runs the program that the console is bundled to. */
export class NodeConsole implements Console {
  constructor(private readonly program: string) {}

  start(settings: ConsoleSettings, events: ConsoleEvents): Promise<RunningConsole> {
    if (!existsSync(this.program)) return Promise.reject(new Error(`the console is not there: ${this.program}`));
    const worker = new Worker(this.program, {
      workerData: settings,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    });
    worker.unref();
    return new Promise((resolve, reject) => {
      let isRunning = false;
      let isStopped = false;
      const end = (reason: string): void => {
        if (isStopped) return;
        isStopped = true;
        if (isRunning) events.onEnd(reason);
        else reject(new Error(reason));
      };
      const stop = async (): Promise<void> => {
        isStopped = true;
        await worker.terminate();
      };
      worker.on('message', (message: ConsoleMessage) => {
        switch (message.type) {
          case 'listening':
            isRunning = true;
            resolve({ port: message.port, stop });
            break;
          case 'failed':
            end(message.reason);
            void worker.terminate();
            break;
          case 'error':
            events.onError(message.text);
            break;
          case 'change':
            events.onChange(message.what);
            break;
          default:
            message satisfies never;
        }
      });
      worker.on('error', (error) => end(error.stack ?? error.message));
      worker.on('exit', (code) => end(`its thread has ended with code ${code}`));
    });
  }
}
