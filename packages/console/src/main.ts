// The web console: a thread of its own beside a broker, which starts it and tells it what it needs to know.
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { ConsoleMessage, ConsoleSettings } from '@odradek/broker/env/console';
import { ConsoleServer } from './console-server';

/** On Linux niceness is a thread's own: whoever produces and consumes goes before whoever looks. */
const NICENESS = 5;

const say = (message: ConsoleMessage): void => parentPort!.postMessage(message);

async function main(): Promise<void> {
  if (process.platform === 'linux') setPriority(NICENESS);
  const onError = (error: Error): void => say({ type: 'error', text: error?.stack ?? String(error) });
  process.on('unhandledRejection', onError);
  try {
    const { port } = await ConsoleServer.start(workerData as ConsoleSettings, join(__dirname, 'page'), {
      onError,
      onChange: (what) => say({ type: 'change', what }),
    });
    say({ type: 'listening', port });
  } catch (error) {
    say({ type: 'failed', reason: (error as Error).message });
  }
}

void main();
