import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConsoleSettings } from '../console';
import { NodeConsole } from './console';

const settings: ConsoleSettings = {
  listener: { host: '127.0.0.1', port: 0 },
  brokerId: 1,
  bootstrapServers: '127.0.0.1:9092',
  zookeeperConnect: '127.0.0.1:2181',
  changes: false,
  allowedHosts: ['kafka.example'],
};

const START = `const { parentPort, workerData } = require('node:worker_threads');
const say = (message) => parentPort.postMessage(message);
`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'console-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Starts a program in the console's place; `heard` is what it said of itself, `ended` when it did. */
function start(program: string) {
  const file = join(folder, 'main.js');
  writeFileSync(file, START + program);
  const heard: string[] = [];
  let end: (reason: string) => void = () => {};
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const running = new NodeConsole(file).start(settings, {
    onError: (text) => heard.push(`error: ${text}`),
    onChange: (what) => heard.push(`change: ${what}`),
    onEnd: (reason) => end(reason),
  });
  return { running, heard, ended };
}

test('it is told what it needs to know, and says where it listens', async () => {
  const { running } = start(`
    const { bootstrapServers, allowedHosts } = workerData;
    const isTold = bootstrapServers === '127.0.0.1:9092' && allowedHosts[0] === 'kafka.example';
    setInterval(() => {}, 1000);
    say({ type: 'listening', port: isTold ? 8080 : 0 });`);
  const { port, stop } = await running;
  expect(port).toBe(8080);
  await stop();
});

test('a program that is not there, or cannot listen, or breaks at once, is no console', async () => {
  const events = { onError: () => {}, onChange: () => {}, onEnd: () => {} };
  await expect(new NodeConsole(join(folder, 'none.js')).start(settings, events)).rejects.toThrow(
    'the console is not there',
  );
  await expect(start(`say({ type: 'failed', reason: 'listen EADDRINUSE' });`).running).rejects.toThrow(
    'listen EADDRINUSE',
  );
  await expect(start(`throw new Error('broken');`).running).rejects.toThrow('broken');
  await expect(start('').running).rejects.toThrow('its thread has ended with code 0');
});

test('what it says later is heard, and so is its end', async () => {
  const { running, heard, ended } = start(`
    say({ type: 'listening', port: 1 });
    say({ type: 'change', what: 'deleted topic "t"' });
    say({ type: 'error', text: 'odd' });
    setImmediate(() => { throw new Error('broken later'); });`);
  await running;
  expect(await ended).toContain('broken later');
  expect(heard).toEqual(['change: deleted topic "t"', 'error: odd']);
});

test('one that is stopped, in an endless loop even, has not ended by itself', async () => {
  const { running, ended } = start(`
    say({ type: 'listening', port: 1 });
    setImmediate(() => { for (;;) {} });`);
  const { stop } = await running;
  await stop();
  await expect(Promise.race([ended, Promise.resolve('stopped')])).resolves.toBe('stopped');
});
