import crypto from 'node:crypto';
import type net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import { buildBatch } from '@odradek/protocol/records/builder';
import { readRecords } from '@odradek/protocol/records/record';
import { Broker } from '../support/broker';
import { RECENT_MS } from '../support/recent';
import { until } from '../support/until';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';
import {
  Bystander,
  connect,
  createTopic,
  dial,
  fetchFrame,
  frame,
  openSockets,
  produce,
  provoke,
  residentBytes,
  wholeFrame,
} from './victim';

const MB = 1024 * 1024;
const NO_TRANSACTIONS = { transactionalId: null, transactionTimeoutMs: 0 };
const MAX_REQUEST_BYTES = 100 * MB;

let zooKeeper: TestZooKeeper;
let broker: Broker;
let bystander: Bystander;
let socketsBefore: number;

beforeAll(async () => {
  zooKeeper = await startZooKeeper();
  // Where its backlog overflows, the system makes connections whose reset is lost with what else it drops: nobody could
  // tell that they are gone.
  const settings = { 'socket.listen.backlog.size': 2000 };
  broker = await Broker.start({ zooKeeper: zooKeeper.connect, settings });
  // The broker connects to its controller, which it is itself, when it first has something to ask there: not later on,
  // when connections are counted.
  const peer = await connect(broker);
  await until(async () => {
    const { errorCode } = await peer.send(InitProducerId, 4, NO_TRANSACTIONS, { timeoutMs: 20_000 });
    return errorCode === 0;
  });
  peer.close();
});
afterAll(async () => {
  await broker?.remove();
  await zooKeeper?.stop();
});

let topics = 0;
beforeEach(async () => {
  socketsBefore = openSockets(broker.pid);
  bystander = await Bystander.start(broker, `bystander-${topics++}`);
});

/**
 * Whatever was done: the bystander saw nothing of it, and no connection stays. A connection that was reset may live on
 * until the broker has worked through what came before it, and the system accepts one in each turn of its loop: however
 * slow the machine, the number falls.
 */
afterEach(async () => {
  const { rounds } = bystander;
  await until(() => bystander.hasFailed || bystander.rounds >= rounds + 2);
  await bystander.stop();
  await until(() => openSockets(broker.pid) <= socketsBefore, 100_000);
  expect(broker.log()).not.toContain('A rule of this broker was broken');
}, 150_000);

const length = (size: number, rest = Buffer.alloc(0)): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(size, 0);
  return Buffer.concat([bytes, rest]);
};

test('random bytes', async () => {
  await Promise.all(
    Array.from({ length: 100 }, async () => {
      const socket = await dial(broker.port);
      socket.resume();
      socket.end(crypto.randomBytes(1 + crypto.randomInt(20_000)));
      await new Promise((resolve) => socket.once('close', resolve));
    }),
  );
});

test('random bytes behind an honest header of every API', async () => {
  for (let apiKey = -1; apiKey < 90; apiKey++) {
    await Promise.all(
      [-1, 0, 1, 3, 9, 12, 32_767].map(async (version) => {
        const socket = await dial(broker.port);
        socket.resume();
        socket.end(frame(apiKey, version, crypto.randomBytes(crypto.randomInt(200))));
        await new Promise((resolve) => socket.once('close', resolve));
      }),
    );
  }
});

test.each([-1, -2_147_483_648, MAX_REQUEST_BYTES + 1, 2_147_483_647, 0, 1, 7])(
  'a frame that says it has %i bytes',
  async (size) => {
    const { answer, closed } = await provoke(broker.port, length(size, Buffer.alloc(8)));
    expect({ answer: answer.length, closed }).toEqual({ answer: 0, closed: true });
  },
);

test('frames of the largest size that never come', async () => {
  const before = residentBytes(broker.pid);
  const sockets = await Promise.all(
    Array.from({ length: 300 }, async () => {
      const socket = await dial(broker.port);
      socket.write(length(MAX_REQUEST_BYTES, Buffer.alloc(60_000)));
      return socket;
    }),
  );
  await sleep(500);
  expect(residentBytes(broker.pid) - before).toBeLessThan(200 * MB);
  for (const socket of sockets) socket.destroy();
});

test('arrays and strings that claim more than there is', async () => {
  const count = (n: number) => length(n);
  const bodies: [number, number, Buffer][] = [
    [3, 1, count(2_147_483_647)],
    [3, 9, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f])],
    [3, 9, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
    [19, 2, count(100_000_000)],
    [0, 3, Buffer.concat([Buffer.from([0xff, 0xff, 0, 1]), count(1000), count(100_000_000)])],
    [1, 4, Buffer.concat([Buffer.alloc(17), count(16_777_216)])],
    [2, 1, Buffer.concat([Buffer.alloc(4), count(50_000_000)])],
  ];
  for (const [apiKey, version, body] of bodies) {
    const { answer, closed } = await provoke(broker.port, frame(apiKey, version, body), wholeFrame);
    expect({ apiKey, answer: answer.length, closed }).toEqual({ apiKey, answer: 0, closed: true });
  }
});

test('a million elements that are there', async () => {
  const before = residentBytes(broker.pid);
  const names = Buffer.concat([length(1_000_000), Buffer.alloc(2 * 1_000_000)]);
  const { answer, closed } = await provoke(broker.port, frame(3, 1, names), wholeFrame);
  expect({ answer: answer.length, closed }).toEqual({ answer: 0, closed: true });
  expect(residentBytes(broker.pid) - before).toBeLessThan(100 * MB);
});

test('a small request for an answer of gigabytes', async () => {
  const before = residentBytes(broker.pid);
  const resource = Buffer.from([4, 0, 1, 0x30, 0xff, 0xff, 0xff, 0xff]);
  const resources = [length(20_000), ...Array.from({ length: 20_000 }, () => resource), Buffer.from([1, 1])];
  const { closed } = await provoke(broker.port, frame(32, 3, Buffer.concat(resources)), wholeFrame);
  expect(closed).toBe(false);
  expect(residentBytes(broker.pid) - before).toBeLessThan(1000 * MB);
});

test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('a %s batch that grows a hundredfold', async (compression) => {
  const peer = await connect(broker);
  const topic = `bomb-${compression}`;
  await createTopic(peer, topic, [{ name: 'max.message.bytes', value: String(50 * MB) }]);
  const bomb = buildBatch({ compression, records: [{ timestamp: RECENT_MS, value: Buffer.alloc(50 * MB) }] });
  expect(await produce(peer, topic, bomb)).toBe(0);
  expect(await produce(peer, topic, bomb)).toBe(1);
  peer.close();
});

test('a zstd batch that grows ten-thousandfold', async () => {
  const before = residentBytes(broker.pid);
  const peer = await connect(broker);
  await createTopic(peer, 'bomb');
  const bomb = buildBatch({ compression: 'zstd', records: [{ timestamp: RECENT_MS, value: Buffer.alloc(400 * MB) }] });
  // MESSAGE_TOO_LARGE: what a batch may grow to is limited.
  for (let i = 0; i < 5; i++) expect(await produce(peer, 'bomb', bomb)).toBe(-10);
  expect(residentBytes(broker.pid) - before).toBeLessThan(100 * MB);
  peer.close();
});

test('small batches that hold much, others behind them, and who reads them in an old format', async () => {
  const peer = await connect(broker);
  await createTopic(peer, 'dense', [{ name: 'compression.type', value: 'lz4' }]);
  const of = (bytes: number, baseSequence: number): Buffer =>
    buildBatch({
      compression: 'gzip',
      producerId: 1,
      producerEpoch: 0,
      baseSequence,
      records: [{ timestamp: RECENT_MS, value: Buffer.alloc(bytes) }],
    });
  const sizes = [40 * MB, 10, 20 * MB, 300_000, 10, 10 * MB];
  // All at once: behind each that takes long there is one that does not.
  const offsets = await Promise.all(sizes.map((bytes, sequence) => produce(peer, 'dense', of(bytes, sequence))));
  expect(offsets).toEqual([0, 1, 2, 3, 4, 5]);
  const request = {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 5 * MB,
    topics: [{ topic: 'dense', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 5 * MB }] }],
    forgottenTopicsData: [],
  };
  const { responses } = await peer.send(Fetch, 3, request, { timeoutMs: 50_000 });
  const { records } = responses[0]!.partitions[0]!;
  expect([...readRecords(records!, 0)].map(({ offset, value }) => [offset, value!.length])).toEqual([[0, 40 * MB]]);
  peer.close();
}, 100_000);

test('hundreds of connections that say nothing, and a thousand that come and go', async () => {
  const silent = await Promise.all(Array.from({ length: 500 }, () => dial(broker.port)));
  for (let i = 0; i < 10; i++) {
    const flood = await Promise.all(Array.from({ length: 100 }, () => dial(broker.port)));
    for (const socket of flood) socket.resetAndDestroy();
  }
  for (const socket of silent) socket.destroy();
});

test('thousands of requests in one go, then nobody takes the answers', async () => {
  const before = residentBytes(broker.pid);
  const metadata = frame(3, 1, length(-1));
  const sockets: net.Socket[] = [];
  for (let i = 0; i < 10; i++) {
    const socket = await dial(broker.port);
    socket.pause();
    socket.write(Buffer.concat(Array.from({ length: 20_000 }, () => metadata)));
    sockets.push(socket);
  }
  await sleep(1500);
  expect(residentBytes(broker.pid) - before).toBeLessThan(300 * MB);
  for (const socket of sockets) socket.resetAndDestroy();
});

test('thousands of requests in one go, then the end of the input', async () => {
  const requests = 20_000;
  const socket = await dial(broker.port);
  let bytes = 0;
  socket.on('data', (chunk) => {
    bytes += chunk.length;
  });
  const apiVersions = frame(18, 0, Buffer.alloc(0));
  const { answer } = await provoke(broker.port, apiVersions, wholeFrame);
  socket.end(Buffer.concat(Array.from({ length: requests }, () => apiVersions)));
  await new Promise((resolve) => socket.once('close', resolve));
  expect(bytes).toBe(requests * answer.length);
});

test('slow readers of large answers', async () => {
  const peer = await connect(broker);
  await createTopic(peer, 'large');
  const batch = buildBatch({ records: [{ timestamp: RECENT_MS, value: Buffer.alloc(1_000_000, 'x') }] });
  for (let i = 0; i < 60; i++) await produce(peer, 'large', batch);
  peer.close();
  const before = residentBytes(broker.pid);
  const fetch = fetchFrame('large', 0, 50 * MB);
  const sockets: net.Socket[] = [];
  for (let i = 0; i < 40; i++) {
    const socket = await dial(broker.port);
    socket.pause();
    socket.write(fetch);
    sockets.push(socket);
  }
  await sleep(1500);
  expect(residentBytes(broker.pid) - before).toBeLessThan(600 * MB);
  for (const socket of sockets) socket.resetAndDestroy();
}, 60_000);

test('fetches that wait when their connections drop', async () => {
  const peer = await connect(broker);
  await createTopic(peer, 'quiet');
  const fetch = fetchFrame('quiet', 0, 50 * MB, { maxWaitMs: 600_000, minBytes: 1_000_000 });
  const before = residentBytes(broker.pid);
  for (let round = 0; round < 5; round++) {
    const sockets = await Promise.all(Array.from({ length: 200 }, () => dial(broker.port)));
    for (const socket of sockets) socket.write(fetch);
    await sleep(100);
    for (const socket of sockets) socket.resetAndDestroy();
  }
  await produce(peer, 'quiet', buildBatch({ records: [{ timestamp: RECENT_MS, value: Buffer.alloc(10) }] }));
  peer.close();
  expect(residentBytes(broker.pid) - before).toBeLessThan(100 * MB);
});

test('a hundred thousand topics to be created on the way', async () => {
  const names = Array.from({ length: 100_000 }, (_, i) => Buffer.from(`\0\x06${String(i).padStart(6, '0')}`, 'latin1'));
  const { answer } = await provoke(
    broker.port,
    frame(3, 1, Buffer.concat([length(names.length), ...names])),
    wholeFrame,
  );
  expect(answer.length).toBeGreaterThan(1_000_000);
});

test('requests that keep coming while the broker stops', async () => {
  const own = await Broker.start({ zooKeeper: `${zooKeeper.connect}/stopping` });
  try {
    const metadata = Buffer.concat(Array.from({ length: 200 }, () => frame(3, 1, length(-1))));
    const sockets = await Promise.all(Array.from({ length: 20 }, () => dial(own.port)));
    for (const socket of sockets) {
      const send = (): void => void (socket.writable && socket.write(metadata));
      socket.on('data', send);
      send();
    }
    const waiting = await dial(own.port);
    waiting.write(fetchFrame('no-such-topic', 0, MB, { maxWaitMs: 600_000, minBytes: 1 }));
    const startedMs = performance.now();
    expect(await own.stop()).toEqual({ code: 143, signal: null });
    expect(performance.now() - startedMs).toBeLessThan(30_000);
    expect(own.log()).toContain('shut down completed');
    expect(own.log()).not.toMatch(/ERROR|FATAL/);
  } finally {
    await own.remove();
  }
});
