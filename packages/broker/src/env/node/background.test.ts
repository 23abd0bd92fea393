import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeBackground, workOfThread } from './background';

/** A program that is run again for its work, as the broker's is: it answers with what it was started for, or ends. */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
parentPort.on('message', (request) => {
  if (request === 'throw') throw new Error('a broken rule');
  if (request === 'end') process.exit(3);
  parentPort.postMessage({ work: workerData.work, request });
  if (!(request instanceof Int32Array)) return;
  Atomics.store(request, 0, 1);
  Atomics.notify(request, 0);
});
`;

let dir: string;
let background: NodeBackground;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'background-'));
  const file = join(dir, 'program.cjs');
  writeFileSync(file, PROGRAM);
  background = new NodeBackground(file);
});

afterAll(() => rmSync(dir, { recursive: true }));

/** Asks, and waits for what comes first: an answer, or the end. */
async function ask(request: unknown): Promise<unknown> {
  let stop: () => Promise<void> = async () => {};
  const outcome = await new Promise<unknown>((resolve) => {
    const work = background.start<unknown, unknown>('sums', {
      onAnswer: resolve,
      onFailure: (error) => resolve(error.message),
    });
    stop = () => work.stop();
    work.post(request);
  });
  await stop();
  return outcome;
}

test('work answers from a thread of its own', async () => {
  expect(await ask({ bytes: [1, 2] })).toEqual({ work: 'sums', request: { bytes: [1, 2] } });
});

test('its end is told, once', async () => {
  expect(await ask('throw')).toBe('a broken rule');
  expect(await ask('end')).toBe('The thread of sums has ended with code 3');
});

test('what has been stopped is heard of no more', async () => {
  const heard: unknown[] = [];
  const work = background.start<unknown, unknown>('sums', {
    onAnswer: (answer) => heard.push(answer),
    onFailure: (error) => heard.push(error),
  });
  await work.stop();
  expect(heard).toEqual([]);
});

test('an answer that was on its way when it was stopped is heard of no more', async () => {
  const heard: unknown[] = [];
  let answered = (): void => {};
  const first = new Promise<void>((resolve) => {
    answered = resolve;
  });
  const work = background.start<unknown, unknown>('sums', {
    onAnswer: (answer) => {
      heard.push(answer);
      answered();
    },
    onFailure: (error) => heard.push(error),
  });
  work.post(1);
  await first;
  const isAnswered = new Int32Array(new SharedArrayBuffer(4));
  work.post(isAnswered);
  // Nothing is heard while this thread waits.
  Atomics.wait(isAnswered, 0, 0);
  await work.stop();
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toEqual([{ work: 'sums', request: 1 }]);
});

test('the thread that serves has no work', () => {
  expect(workOfThread()).toBeNull();
});
