import { isRefused, ProcessWatch } from '@odradek/broker/cluster/process-watch';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { nodeNetwork } from '@odradek/broker/env/node/network';
import { freePort } from '../support/ports';
import { ServerProcess } from '../support/process';
import { until } from '../support/until';

// What the kernel says of a process that listens, in each of its states.

const world = { network: nodeNetwork, clock: nodeClock };
/** Listens, holds what connects, and on SIGUSR2 listens no more. */
const LISTEN = `
  const server = require('node:net').createServer((socket) => {
    socket.on('error', () => {});
    console.log('accepted');
  });
  server.listen(Number(process.argv[1]), '127.0.0.1', () => console.log('listening'));
  process.on('SIGUSR2', () => {
    server.close();
    console.log('closed');
  });
  setInterval(() => {}, 1000);
`;
/** More often than it takes to be sure of a process's end. */
const ATTEMPTS = 10;

let listener: ServerProcess;
let watch: ProcessWatch;
let gone: number;
let address: { readonly host: string; readonly port: number };

beforeEach(async () => {
  gone = 0;
  address = { host: '127.0.0.1', port: await freePort() };
  listener = new ServerProcess('node', ['-e', LISTEN, String(address.port)]);
  await listener.until(() => listener.log().includes('listening'));
  watch = new ProcessWatch(world, address, () => gone++);
  await listener.until(() => listener.log().includes('accepted'));
});

afterEach(async () => {
  watch.close();
  await listener.kill();
});

test('killed: its connection ends and others are refused', async () => {
  expect(await isRefused(world, address)).toBe(false);
  await listener.kill();
  await until(() => gone === 1);
  expect(await isRefused(world, address)).toBe(true);
});

test('stopped where it stands: the kernel takes connections for it', async () => {
  listener.pause();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) expect(await isRefused(world, address)).toBe(false);
  expect(gone).toBe(0);
  listener.resume();
  await listener.kill();
  await until(() => gone === 1);
});

test('it listens no more, but lives: others are refused, its connection stays', async () => {
  process.kill(listener.pid, 'SIGUSR2');
  await listener.until(() => listener.log().includes('closed'));
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) expect(await isRefused(world, address)).toBe(true);
  expect(gone).toBe(0);
  await listener.kill();
  await until(() => gone === 1);
});
