import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

const MAIN = join(__dirname, 'zookeeper-main.js');

/** The coordination service in a thread of its own: a test that keeps its thread busy ends no session. */
export interface RunningCoordination {
  readonly address: string;
  stop(): Promise<void>;
}

export async function startCoordination(host: string, port: number): Promise<RunningCoordination> {
  const worker = new Worker(MAIN, { workerData: { host, port } });
  const bound = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (error) => reject(new Error(`The coordination service could not start: ${error.message}`)));
  });
  return {
    address: `${host}:${bound}`,
    stop: async () => void (await worker.terminate()),
  };
}
