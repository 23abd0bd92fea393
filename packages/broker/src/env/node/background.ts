import { setPriority } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Background, Work, WorkEvents, WorkPort } from '../background';

interface WorkerData {
  readonly work: string;
}

/** On Linux niceness is a thread's own: whoever waits for an answer goes before what nobody waits for. */
const NICENESS = 2;

/** Threads of this process, which run `program` again: it is to look at `workOfThread` first. */
export class NodeBackground implements Background {
  constructor(private readonly program: string) {}

  start<Request, Answer>(name: string, { onAnswer, onFailure }: WorkEvents<Answer>): Work<Request> {
    const data: WorkerData = { work: name };
    const worker = new Worker(this.program, { workerData: data });
    let isOver = false;
    const fail = (error: Error): void => {
      if (isOver) return;
      isOver = true;
      onFailure(error);
    };
    // Those that were on their way come even after `terminate`.
    worker.on('message', (answer: Answer) => {
      if (!isOver) onAnswer(answer);
    });
    worker.on('error', fail);
    worker.on('exit', (code) => fail(new Error(`The thread of ${name} has ended with code ${code}`)));
    worker.unref();
    return {
      post: (request) => worker.postMessage(request),
      stop: async () => {
        isOver = true;
        await worker.terminate();
      },
    };
  }
}

/** The work that this thread has been started for; null in the thread that serves. */
export function workOfThread(): string | null {
  return isMainThread ? null : (workerData as WorkerData).work;
}

/** This thread's end of the line. */
// biome-ignore lint/suspicious/noExplicitAny: each kind of work has messages of its own.
export function portOfThread(): WorkPort<any, any> {
  if (process.platform === 'linux') setPriority(NICENESS);
  const port = parentPort!;
  return {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => port.on('message', listener),
  };
}
