import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { nodeNetwork } from '@odradek/broker/env/node/network';
import { BufferPool } from '@odradek/broker/network/buffer-pool';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { Produce } from '@odradek/protocol/messages/produce';
import { forEachBatch, isCrcValidAt, lastOffsetAt } from '@odradek/protocol/records/batch';
import { buildBatch } from '@odradek/protocol/records/builder';
import { readRecords } from '@odradek/protocol/records/record';
import { seededBelow } from '@odradek/protocol/testing/seeded';
import { Broker } from '../support/broker';
import { ensureTopic } from '../support/topics';
import { until } from '../support/until';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';

const TOPIC = 'compacted';
const KEYS = 100;
const ROUNDS = 3;
const RECORDS_PER_BATCH = 20;
const BATCHES_PER_ROUND = 60;
const TIMEOUT_MS = 20_000;
/** NOT_LEADER_OR_FOLLOWER, UNKNOWN_TOPIC_OR_PARTITION: just after a start. */
const NOT_YET: ReadonlySet<number> = new Set([3, 6]);

let zooKeeper: TestZooKeeper;
let broker: Broker;

beforeAll(async () => {
  zooKeeper = await startZooKeeper();
  broker = await Broker.start({
    zooKeeper: zooKeeper.connect,
    settings: {
      'log.cleanup.policy': 'compact',
      'log.segment.bytes': 20_000,
      'log.cleaner.backoff.ms': 50,
      'log.cleaner.min.cleanable.ratio': 0.01,
      // A round takes long enough to be seen.
      'log.cleaner.io.max.bytes.per.second': 150_000,
      'log.cleaner.io.buffer.size': 16_384,
    },
  });
});

afterAll(async () => {
  await broker?.remove();
  await zooKeeper?.stop();
});

async function connected<T>(use: (peer: PeerConnection) => Promise<T>): Promise<T> {
  const memory = { staging: Buffer.allocUnsafeSlow(64 * 1024), pool: new BufferPool() };
  const peer = await PeerConnection.connect(
    { network: nodeNetwork, clock: nodeClock, memory },
    { host: '127.0.0.1', port: broker.port, clientId: 'cleaner', connectTimeoutMs: TIMEOUT_MS },
  );
  try {
    return await use(peer);
  } finally {
    peer.close();
  }
}

/** Each batch is acknowledged before the next one goes, so that whatever is in `table` is in the log. */
async function write(peer: PeerConnection, random: (limit: number) => number, table: Map<string, string>) {
  const words = Array.from({ length: RECORDS_PER_BATCH }, () => [`k${random(KEYS)}`, `${random(1e9)}`] as const);
  const records = words.map(([key, value]) => ({
    timestamp: Date.now(),
    key: Buffer.from(key),
    value: Buffer.from(value.padEnd(60)),
  }));
  for (;;) {
    const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records: buildBatch({ records }) }] }];
    const request = { acks: -1, timeoutMs: TIMEOUT_MS, topicData };
    const { responses } = await peer.send(Produce, 9, request, { timeoutMs: TIMEOUT_MS });
    const { errorCode } = responses[0]!.partitionResponses[0]!;
    if (errorCode === 0) break;
    if (!NOT_YET.has(errorCode)) throw new Error(`Produce: error ${errorCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (const [key, value] of words) table.set(key, value);
}

/** What a reader from the beginning knows in the end, and how many records it has read. */
async function read(peer: PeerConnection): Promise<{ table: Map<string, string>; records: number }> {
  const table = new Map<string, string>();
  let [records, offset, end] = [0, 0, 1];
  while (offset < end) {
    const partition = { partition: 0, fetchOffset: offset, partitionMaxBytes: 1 << 20 };
    const request = {
      maxWaitMs: 100,
      minBytes: 1,
      maxBytes: 1 << 20,
      topics: [{ topic: TOPIC, partitions: [partition] }],
    };
    const answer = await peer.send(Fetch, 11, request, { timeoutMs: TIMEOUT_MS });
    const { errorCode, highWatermark, records: b } = answer.responses[0]!.partitions[0]!;
    if (NOT_YET.has(errorCode)) continue;
    expect(errorCode).toBe(0);
    end = highWatermark;
    if (b === null || b.length === 0) continue;
    const from = offset;
    forEachBatch(b, (at) => {
      expect(isCrcValidAt(b, at)).toBe(true);
      for (const record of readRecords(b, at)) {
        if (record.offset < from) continue;
        records++;
        table.set(record.key!.toString(), record.value!.toString().trimEnd());
      }
      offset = lastOffsetAt(b, at) + 1;
    });
  }
  return { table, records };
}

const filesOf = (): string[] => readdirSync(path.join(broker.logDir, `${TOPIC}-0`));
const sorted = (table: ReadonlyMap<string, string>): [string, string][] => [...table].sort();

/** Offset up to which the cleaner says that the log is clean. */
function cleanedUpTo(): number {
  const file = path.join(broker.logDir, 'cleaner-offset-checkpoint');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return Number(new RegExp(`^${TOPIC} 0 (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

/** Where the segment begins that is appended to. */
const lastBase = (): number => Math.max(...filesOf().map((name) => Number(/^(\d+)\.log$/.exec(name)?.[1] ?? 0)));
const isClean = (): boolean => cleanedUpTo() === lastBase();

/** Waits until the cleaner writes a segment; false where it has nothing to do. */
async function isCaughtCleaning(): Promise<boolean> {
  const isCleaning = (): boolean => filesOf().some((name) => name.endsWith('.log.cleaned'));
  await until(() => isCleaning() || isClean());
  return isCleaning();
}

async function writeBatches(peer: PeerConnection, random: (limit: number) => number, table: Map<string, string>) {
  for (let batch = 0; batch < BATCHES_PER_ROUND; batch++) await write(peer, random, table);
}

test('kill -9 in the middle of cleaning, again and again: the last value of every key is there, and in the end little else', async () => {
  const random = seededBelow(7);
  const written = new Map<string, string>();
  await connected((peer) => ensureTopic(peer, TOPIC, 1));
  for (let round = 0; round < ROUNDS; round++) {
    // Where the cleaner is through before anybody has seen it, it gets more to do.
    do await connected((peer) => writeBatches(peer, random, written));
    while (!(await isCaughtCleaning()));
    await broker.kill();
    await broker.start();
    expect(sorted((await connected(read)).table)).toEqual(sorted(written));
  }
  await until(isClean);
  const { table, records } = await connected(read);
  expect(sorted(table)).toEqual(sorted(written));
  const perSegment = Math.ceil(20_000 / 70);
  expect(records).toBeLessThan(KEYS + 2 * perSegment);
  expect(lastBase()).toBeGreaterThan(ROUNDS * BATCHES_PER_ROUND * RECORDS_PER_BATCH * 0.8);
}, 120_000);
