import http from 'node:http';
import type {
  Cluster as ClusterAnswer,
  ErrorAnswer,
  GroupDetails,
  GroupSummary,
  MessageRecord,
  OffsetsReset,
  Produced,
  SearchProgress,
  Session,
  TopicDetails,
  TopicSummary,
  ZooKeeperNode,
} from '@odradek/console/api';
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs';
import { Broker } from '../support/broker';
import { Cluster } from '../support/cluster';
import { freePorts } from '../support/ports';
import { runTool } from '../support/tool';
import { until } from '../support/until';

/** The web console's server beside a real broker, of a real cluster. */

const MANY_TOPICS = 1_000;
/** What a page that asks every second may wait for, on a machine with much else to do. */
const FAST_MS = 5_000;

let cluster: Cluster;
/** Shows only, and may change things. */
let shows: string;
let changes: string;
let kafka: Kafka;
let admin: Admin;
let producer: Producer;

beforeAll(async () => {
  const ports = await freePorts(2);
  [shows, changes] = ports.map((port) => `http://127.0.0.1:${port}`) as [string, string];
  cluster = await Cluster.start({
    brokers: 3,
    settings: { 'offsets.topic.num.partitions': 3, 'min.insync.replicas': 2 },
    settingsOf: (id) => ({
      ...(id < 2 && { 'odradek.console.listener': `127.0.0.1:${ports[id]}` }),
      ...(id === 1 && { 'odradek.console.changes': 'true' }),
    }),
  });
  const brokers = cluster.brokers.map(({ bootstrap }) => bootstrap);
  kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 20 } });
  admin = kafka.admin();
  producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect(), untilServed(shows), untilServed(changes)]);
}, 180_000);

afterAll(async () => {
  await Promise.all([producer?.disconnect(), admin?.disconnect()]);
  await cluster?.stop();
});

const untilServed = (url: string): Promise<void> =>
  until(() =>
    fetch(`${url}/api/session`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );

async function get<T>(path: string, url = shows): Promise<T> {
  const answer = await fetch(`${url}${path}`);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** Asks until the answer is as it should be, and not a refusal. */
async function getUntil<T>(path: string, holds: (answer: T) => boolean, url = shows): Promise<T> {
  let answer: T | undefined;
  await until(async () => {
    answer = await get<T>(path, url).catch(() => undefined);
    return answer !== undefined && holds(answer);
  });
  return answer!;
}

interface Posted<T> {
  readonly status: number;
  readonly answer: T;
}

async function post<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Posted<T>> {
  const { token } = await get<Session>('/api/session', changes);
  const answer = await fetch(`${changes}${path}`, {
    method: 'POST',
    headers: { Origin: changes, 'Content-Type': 'application/json', 'X-Odradek-Token': token!, ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, answer: (await answer.json()) as T };
}

interface Event {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: each event has a type of its own.
  readonly data: any;
}

/** The events of a search or tail, as they come; ends with the stream. */
async function* events(path: string, signal?: AbortSignal): AsyncGenerator<Event> {
  const answer = await fetch(`${shows}${path}`, { signal });
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const parts = text.split('\n\n');
    text = parts.pop()!;
    for (const part of parts) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(part) ?? [];
      if (name) yield { name, data: JSON.parse(data!) };
    }
  }
}

interface Found {
  readonly records: readonly MessageRecord[];
  readonly progress: SearchProgress;
  readonly reason: string;
}

/** A whole search. */
async function search(topic: string, query: string): Promise<Found> {
  const records: MessageRecord[] = [];
  let progress: SearchProgress | undefined;
  for await (const { name, data } of events(`/api/topics/${topic}/messages?${query}`)) {
    if (name === 'records') records.push(...data);
    else if (name === 'progress') progress = data;
    else if (name === 'done') return { records, progress: progress!, reason: data.reason };
    else throw new Error(`${name}: ${JSON.stringify(data)}`);
  }
  throw new Error('the stream has ended before its end');
}

const values = (records: readonly MessageRecord[]): (string | undefined)[] => records.map(({ value }) => value?.data);

/** With a Host header of one's own, which `fetch` does not let anybody have. */
function statusFor(host: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(shows);
    const request = http.get({ host: '127.0.0.1', port, path, headers: { Host: host } }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode!));
    });
    request.on('error', reject);
  });
}

test('the page, its files, and whose they are', async () => {
  const page = await fetch(`${shows}/`);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(await page.text()).toContain('app.js');
  expect((await fetch(`${shows}/app.js`)).status).toBe(200);
  expect(await get<Session>('/api/session')).toMatchObject({
    product: 'Odradek',
    brokerId: 0,
    changes: false,
    token: null,
  });
  expect(await statusFor('evil.example', '/')).toBe(403);
  expect(await statusFor('evil.example', '/api/topics')).toBe(403);
  expect(await statusFor('localhost:1234', '/api/topics')).toBe(200);
});

describe('a topic, its messages and the group that reads it', () => {
  /** Of the first message; each is a millisecond newer than the one before. */
  const firstMs = Date.now() - 60_000;

  beforeAll(async () => {
    const topic = { topic: 'orders', numPartitions: 4, replicationFactor: 3 };
    await admin.createTopics({ topics: [topic], waitForLeaders: true });
    const messages = Array.from({ length: 100 }, (_, number) => ({
      partition: number % 4,
      key: `key-${number % 10}`,
      value: `order ${number}`,
      headers: { source: number % 2 ? 'web' : 'shop' },
      timestamp: String(firstMs + number),
    }));
    await producer.send({ topic: 'orders', messages });
  });

  test('is listed, with what it holds', async () => {
    const topics = await getUntil<TopicSummary[]>('/api/topics', (all) =>
      all.some(({ name, records, bytes }) => name === 'orders' && records === 100 && (bytes ?? 0) > 0),
    );
    expect(topics.find(({ name }) => name === 'orders')).toMatchObject({
      partitions: 4,
      replicationFactor: 3,
      underReplicated: 0,
      offline: 0,
      endOffsets: 100,
      isInternal: false,
    });
    const details = await getUntil<TopicDetails>('/api/topics/orders', ({ partitionList }) =>
      partitionList.every(({ bytes }) => Object.keys(bytes).length === 3),
    );
    expect(details.partitionList).toHaveLength(4);
    expect(details.partitionList[0]).toMatchObject({ partition: 0, startOffset: 0, endOffset: 25, offline: [] });
    expect(details.configs.find(({ name }) => name === 'min.insync.replicas')).toMatchObject({
      value: '2',
      source: 'STATIC_BROKER_CONFIG',
      type: 'INT',
    });
  });

  test('is searched by key, value, header, time, partition and offset', async () => {
    const all = await search('orders', 'from=beginning');
    expect(all).toMatchObject({ reason: 'end', progress: { scanned: 100, matched: 100, total: 100, caughtUp: true } });
    expect(new Set(values(all.records)).size).toBe(100);
    expect(all.records.find(({ value }) => value!.data === 'order 7')).toEqual({
      partition: 3,
      offset: 1,
      timestamp: firstMs + 7,
      timestampType: 'CreateTime',
      key: { data: 'key-7', encoding: 'utf8', bytes: 5, isCut: false },
      value: { data: 'order 7', encoding: 'utf8', bytes: 7, isCut: false },
      headers: [{ key: 'source', value: { data: 'web', encoding: 'utf8', bytes: 3, isCut: false } }],
    });
    const found = async (query: string) => values((await search('orders', query)).records).sort();
    expect(await found('from=beginning&key=key-3&grep=[12]3$')).toEqual(['order 13', 'order 23']);
    expect(await found('from=beginning&text=order 4&header=source=shop&partition=0')).toEqual([
      'order 4',
      'order 40',
      'order 44',
      'order 48',
    ]);
    expect(await found(`from=time:${firstMs + 97}`)).toEqual(['order 97', 'order 98', 'order 99']);
    expect(await found(`from=beginning&until=${firstMs + 1}`)).toEqual(['order 0', 'order 1']);
    expect(await found('from=offset:24')).toEqual(['order 96', 'order 97', 'order 98', 'order 99']);
    expect(await found('from=end')).toEqual([]);
    expect(values((await search('orders', 'from=last:3')).records)).toEqual(['order 97', 'order 98', 'order 99']);
    expect(await search('orders', 'from=beginning&limit=7')).toMatchObject({
      reason: 'limit',
      progress: { matched: 7 },
    });
  });

  test('what cannot be searched is refused before anything is streamed', async () => {
    const refusal = async (path: string) => {
      const answer = await fetch(`${shows}${path}`);
      return [answer.status, ((await answer.json()) as ErrorAnswer).error];
    };
    expect(await refusal('/api/topics/orders/messages?grep=(')).toEqual([400, expect.stringContaining('grep: ')]);
    expect(await refusal('/api/topics/nope/messages')).toEqual([
      404,
      expect.stringContaining('UNKNOWN_TOPIC_OR_PARTITION: '),
    ]);
    expect(await refusal('/api/topics/nope')).toEqual([404, expect.stringContaining('UNKNOWN_TOPIC_OR_PARTITION: ')]);
    expect(await refusal('/api/groups/nope')).toEqual([404, expect.stringContaining('GROUP_ID_NOT_FOUND: ')]);
    expect(await refusal('/api/brokers/77')).toEqual([404, expect.stringContaining('BROKER_NOT_AVAILABLE: ')]);
    // Who looked has made nothing.
    expect((await admin.listTopics()).filter((name) => name !== 'orders')).toEqual([]);
  });

  test('is followed: what comes is told as it comes, until nobody listens', async () => {
    const gone = new AbortController();
    const tail = events('/api/topics/orders/messages?from=end&follow=1&grep=^live', gone.signal);
    const seen: MessageRecord[] = [];
    let isSent = false;
    for await (const { name, data } of tail) {
      if (name === 'records') seen.push(...data);
      if (seen.length === 2) break;
      if (isSent) continue;
      isSent = true;
      const messages = ['dead', 'live 1', 'live 2'].map((value) => ({ partition: 2, value }));
      await producer.send({ topic: 'orders', messages });
    }
    gone.abort();
    expect(values(seen)).toEqual(['live 1', 'live 2']);
  });

  test('its group: members, lag of each partition, and why it was rebalanced last', async () => {
    const consumer = kafka.consumer({ groupId: 'readers', maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic: 'orders', fromBeginning: true });
    await consumer.run({ eachMessage: async () => {} });
    const group = await getUntil<GroupDetails>(
      '/api/groups/readers',
      ({ state, lag }) => state === 'Stable' && lag === 0,
    );
    expect(group).toMatchObject({ protocolType: 'consumer', members: 1, topics: ['orders'], error: null });
    expect(group.memberList[0]!.assignment).toEqual([{ topic: 'orders', partitions: [0, 1, 2, 3] }]);
    expect(group.offsets).toHaveLength(4);
    expect(group.offsets.every(({ committed, end, lag }) => committed === end && lag === 0)).toBe(true);
    expect(group.lastRebalance).toMatchObject({ memberId: group.memberList[0]!.memberId });
    expect(group.lastRebalance!.reason).not.toBe('');

    await consumer.disconnect();
    await producer.send({ topic: 'orders', messages: [1, 2, 3].map(() => ({ partition: 0, value: 'late' })) });
    const listed = await getUntil<GroupSummary[]>('/api/groups', ([only]) => only?.lag === 3);
    expect(listed).toEqual([expect.objectContaining({ groupId: 'readers', state: 'Empty', members: 0, lag: 3 })]);
    const { groups } = await getUntil<TopicDetails>('/api/topics/orders', (topic) => topic.groups[0]?.lag === 3);
    expect(groups).toEqual([{ groupId: 'readers', state: 'Empty', lag: 3, members: 0 }]);
  });
});

test('ZooKeeper’s tree, with credentials hidden', async () => {
  const root = await get<ZooKeeperNode>('/api/zookeeper');
  expect(root.children.map(({ name }) => name)).toEqual(expect.arrayContaining(['brokers', 'config', 'controller']));
  const broker = await get<ZooKeeperNode>('/api/zookeeper?path=/brokers/ids/2');
  expect(JSON.parse(broker.data!)).toMatchObject({ port: cluster.ports[2] });
  expect(broker.stat.ephemeralOwner).not.toBe('0x0');
  const secret = 'SCRAM-SHA-256=[iterations=4096,password=alice-secret]';
  const added = await runTool('kafka-configs', [
    ...['--bootstrap-server', cluster.brokers[0]!.bootstrap],
    ...['--alter', '--entity-type', 'users', '--entity-name', 'alice', '--add-config', secret],
  ]);
  expect(added).toMatchObject({ code: 0 });
  const user = await get<ZooKeeperNode>('/api/zookeeper?path=/config/users/alice');
  expect(user.isMasked).toBe(true);
  expect(JSON.parse(user.data!).config).toEqual({ 'SCRAM-SHA-256': '[hidden]' });
  expect((await fetch(`${shows}/api/zookeeper?path=/nowhere`)).status).toBe(404);
  expect((await fetch(`${shows}/api/zookeeper?path=nowhere`)).status).toBe(400);
});

describe('changes', () => {
  test('are refused where they are off, and from anybody but the page', async () => {
    const off = await fetch(`${shows}/api/topics`, {
      method: 'POST',
      headers: { Origin: shows, 'Content-Type': 'application/json', 'X-Odradek-Token': 'x' },
      body: '{"name":"made"}',
    });
    expect(off.status).toBe(403);
    expect(await off.json()).toMatchObject({ remedy: 'odradek.console.changes=true' });
    const body = { name: 'made' };
    expect((await post('/api/topics', body, { Origin: 'http://evil.example' })).status).toBe(403);
    expect((await post('/api/topics', body, { 'X-Odradek-Token': 'other' })).status).toBe(403);
    expect((await post('/api/topics', body, { 'Content-Type': 'text/plain' })).status).toBe(415);
    expect(await admin.listTopics()).not.toContain('made');
  });

  test('create, configure, grow, fill and delete a topic', async () => {
    const done = { status: 200, answer: { done: true } };
    expect(await post('/api/topics', { name: 'made', partitions: 2, replicationFactor: 3 })).toEqual(done);
    expect(await post('/api/topics', { name: 'made' })).toEqual({
      status: 409,
      answer: { error: "TOPIC_ALREADY_EXISTS: Topic 'made' already exists." },
    });
    expect(await post('/api/topics/made/configs', { set: { 'retention.ms': '60000' } })).toEqual(done);
    expect(await post('/api/topics/made/partitions', { total: 3 })).toEqual(done);
    const topic = await getUntil<TopicDetails>(
      '/api/topics/made',
      ({ partitionList, configs }) =>
        partitionList.length === 3 &&
        partitionList.every(({ leader }) => leader >= 0) &&
        configs.some(({ name, value }) => name === 'retention.ms' && value === '60000'),
      changes,
    );
    expect(topic.configs.find(({ name }) => name === 'retention.ms')!.source).toBe('DYNAMIC_TOPIC_CONFIG');
    const message = { partition: 1, key: 'k', value: 'v', headers: [{ key: 'h', value: null }] };
    const produced = await post<Produced>('/api/topics/made/messages', message);
    expect(produced).toEqual({ status: 200, answer: { partition: 1, offset: 0 } });
    expect((await search('made', 'from=beginning')).records).toEqual([
      expect.objectContaining({ partition: 1, key: expect.objectContaining({ data: 'k' }) }),
    ]);
    expect((await post('/api/topics/nope/messages', { value: 'v' })).status).toBe(404);
    expect((await post('/api/topics/made/delete', { confirm: 'mad' })).status).toBe(400);
    expect(await post('/api/topics/made/delete', { confirm: 'made' })).toEqual(done);
    await until(async () => !(await admin.listTopics()).includes('made'));
    expect(cluster.brokers[1]!.log()).toContain('By the console: deleted topic "made"');
  });

  test('move and forget what a group has read, which can be looked at first', async () => {
    const topic = { topic: 'moved', numPartitions: 1, replicationFactor: 3 };
    await admin.createTopics({ topics: [topic], waitForLeaders: true });
    await producer.send({ topic: 'moved', messages: Array.from({ length: 10 }, () => ({ value: 'x' })) });
    const reset = (to: unknown, dryRun: boolean) =>
      post<OffsetsReset>('/api/groups/movers/offsets', { topic: 'moved', to, dryRun });
    const { answer: first } = await reset({ offset: 4 }, false);
    expect(first.offsets).toEqual([{ topic: 'moved', partition: 0, from: null, to: 4 }]);
    const plan = { topic: 'moved', partition: 0, from: 4, to: 9 };
    expect(await reset({ shiftBy: 5 }, true)).toEqual({ status: 200, answer: { dryRun: true, offsets: [plan] } });
    expect(await reset({ shiftBy: 5 }, false)).toEqual({ status: 200, answer: { dryRun: false, offsets: [plan] } });
    const { answer } = await reset({ offset: 1_000 }, true);
    expect(answer.offsets).toEqual([{ ...plan, from: 9, to: 10 }]);
    expect((await get<GroupDetails>('/api/groups/movers', changes)).offsets[0]).toMatchObject({ committed: 9, lag: 1 });
    expect((await post('/api/groups/movers/delete', { confirm: 'movers' })).status).toBe(200);
    expect((await fetch(`${changes}/api/groups/movers`)).status).toBe(404);
  });
});

test('a thousand topics, and all that is known of them, in no time', async () => {
  const topics = Array.from({ length: MANY_TOPICS }, (_, number) => ({
    topic: `many-${String(number).padStart(4, '0')}`,
    numPartitions: 1,
    replicationFactor: 1,
    configEntries: [{ name: 'min.insync.replicas', value: '1' }],
  }));
  for (let at = 0; at < topics.length; at += 250) {
    await admin.createTopics({ topics: topics.slice(at, at + 250), waitForLeaders: false, timeout: 60_000 });
  }
  await getUntil<TopicSummary[]>(
    '/api/topics',
    (all) =>
      all.filter(({ name, offline, records }) => name.startsWith('many-') && !offline && records === 0).length ===
      MANY_TOPICS,
  );
  const startedMs = Date.now();
  const [, , topic] = await Promise.all([
    get<ClusterAnswer>('/api/cluster'),
    get<TopicSummary[]>('/api/topics'),
    get<TopicDetails>('/api/topics/many-0500'),
  ]);
  expect(topic.partitions).toBe(1);
  expect(Date.now() - startedMs).toBeLessThan(FAST_MS);
}, 180_000);

test('a broker that is killed is shown, with what it leaves wanting; then it is back', async () => {
  const { brokers, troubled } = await getUntil<ClusterAnswer>('/api/cluster', (answer) => answer.troubled.length === 0);
  expect(troubled).toEqual([]);
  expect(brokers).toEqual([
    expect.objectContaining({ id: 0, alive: true, isConsoleHost: true }),
    expect.objectContaining({ id: 1, alive: true, isConsoleHost: false }),
    expect.objectContaining({ id: 2, alive: true, port: cluster.ports[2] }),
  ]);
  await cluster.brokers[2]!.kill();
  const hurt = await getUntil<ClusterAnswer>(
    '/api/cluster',
    (answer) => answer.brokers.some(({ id, alive }) => id === 2 && !alive) && answer.totals.underReplicated > 0,
  );
  const ofOrders = await getUntil<ClusterAnswer>('/api/cluster', (answer) =>
    answer.troubled.some(({ topic, trouble }) => topic === 'orders' && trouble === 'UNDER_REPLICATED'),
  );
  expect(ofOrders.troubled.find(({ topic }) => topic === 'orders')!.why).toBe('broker 2 is not alive');
  // Topics with one replica, which it had, are worse off and come first.
  expect(hurt.brokers[2]).toMatchObject({ host: null, bytes: null });
  expect((await search('orders', 'from=beginning&limit=10')).records).toHaveLength(10);
  await cluster.brokers[2]!.start();
  await getUntil<ClusterAnswer>(
    '/api/cluster',
    ({ totals }) => totals.underReplicated === 0 && totals.offline === 0 && totals.underMinIsr === 0,
  );
}, 180_000);

test('the console ends with its broker, whatever it is doing', async () => {
  const gone = new AbortController();
  const tail = events('/api/topics/orders/messages?follow=1', gone.signal);
  await tail.next();
  const first = cluster.brokers[0]!;
  await expect(first.stop()).resolves.toEqual({ code: 143, signal: null });
  await expect(fetch(shows)).rejects.toThrow();
  gone.abort();
  await tail.return(undefined).catch(() => {});
});

test('a port that is taken keeps a broker from starting, and is named with its setting', async () => {
  const taken = new URL(changes).host;
  const other = await Broker.prepare({
    zooKeeper: cluster.zooKeeper.connect,
    settings: { 'broker.id': 9, 'odradek.console.listener': taken },
  });
  try {
    const start = other.launch();
    expect(await start.ended).toMatchObject({ code: 1 });
    expect(start.log()).toContain(`odradek.console.listener=${taken}: cannot be served there: listen EADDRINUSE`);
  } finally {
    await other.remove();
  }
});
