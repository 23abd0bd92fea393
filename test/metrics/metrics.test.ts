import { Kafka, logLevel } from 'kafkajs';
import { QuotaClient } from '../quotas/client';
import { Broker } from '../support/broker';
import { freePort } from '../support/ports';
import { until } from '../support/until';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';

/** Scrapes and questions about readiness, over real HTTP, of a real broker. */

let zooKeeper: TestZooKeeper;
let broker: Broker;
let url: string;

beforeAll(async () => {
  zooKeeper = await startZooKeeper();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const settings = {
    'odradek.metrics.listener': `127.0.0.1:${port}`,
    'offsets.topic.num.partitions': 1,
  };
  broker = await Broker.prepare({ zooKeeper: zooKeeper.connect, settings });
});

afterAll(async () => {
  await broker?.remove();
  await zooKeeper?.stop();
});

interface Readiness {
  readonly status: number;
  readonly reasons: readonly string[];
}

async function readiness(): Promise<Readiness> {
  const answer = await fetch(`${url}/ready`);
  const { reasons } = (await answer.json()) as { reasons: string[] };
  return { status: answer.status, reasons };
}

const isListening = (): Promise<boolean> =>
  fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );

/** The series of a scrape with their values. */
async function scrape(): Promise<Map<string, number>> {
  const answer = await fetch(`${url}/metrics`);
  expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').pop())]));
}

/** Waits until a scrape says so. */
async function untilScraped(series: string, holds: (value: number) => boolean): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  for (;;) {
    const value = (await scrape()).get(series);
    if (value !== undefined && holds(value)) return;
    if (Date.now() > deadlineMs) throw new Error(`${series} is ${value}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('alive from the first moment, ready once it is registered and serves', async () => {
  zooKeeper.pause();
  const starting = broker.launch();
  await starting.until(isListening);
  expect(await readiness()).toEqual({ status: 503, reasons: ['the broker is starting'] });
  zooKeeper.resume();
  await starting.until(async () => (await readiness()).status === 200);
  expect((await readiness()).reasons).toEqual([]);
  expect(await broker.serves()).toBe(true);
});

test('what clients do is counted', async () => {
  const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.createTopics({ topics: [{ topic: 'measured', numPartitions: 2 }] });
  const producer = kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: 10 }, (_, index) => ({ partition: 1, value: `value ${index}` }));
  await producer.send({ topic: 'measured', messages });
  await producer.disconnect();
  await admin.setOffsets({ groupId: 'behind', topic: 'measured', partitions: [{ partition: 1, offset: '4' }] });
  await admin.disconnect();
  const series = await scrape();
  expect(Object.fromEntries(series)).toMatchObject({
    kafka_server_brokertopicmetrics_messagesin_total: 10,
    'kafka_server_brokertopicmetrics_messagesin_total{topic="measured"}': 10,
    kafka_server_replicamanager_leadercount: 3,
    kafka_server_replicamanager_underreplicatedpartitions: 0,
    kafka_controller_kafkacontroller_activecontrollercount: 1,
    kafka_controller_kafkacontroller_globaltopiccount: 2,
    kafka_controller_kafkacontroller_offlinepartitionscount: 0,
    'kafka_log_log_logendoffset{topic="measured",partition="1"}': 10,
    'kafka_consumergroup_lag{consumergroup="behind",topic="measured",partition="1"}': 6,
    'kafka_network_requestmetrics_totaltimems_count{request="Produce"}': 1,
    'kafka_network_requestmetrics_errors_total{request="Produce",error="NONE"}': 1,
    'kafka_server_sessionexpirelistener_sessionstate{state="connected"}': 1,
  });
  expect(series.get('kafka_log_log_size{topic="measured",partition="1"}')).toBeGreaterThan(100);
  expect(series.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
});

test('a topic that is gone takes its series with it', async () => {
  const admin = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.deleteTopics({ topics: ['measured'] });
  await admin.disconnect();
  await untilScraped('kafka_controller_kafkacontroller_globaltopiccount', (count) => count === 1);
  const series = await scrape();
  expect([...series.keys()].filter((name) => name.includes('topic="measured"'))).toEqual([]);
  expect(series.get('kafka_server_brokertopicmetrics_messagesin_total')).toBe(10);
});

test('what clients use that are held to quotas is told by who they are', async () => {
  expect([...(await scrape()).keys()].filter((name) => name.startsWith('kafka_server_quota_'))).toEqual([]);
  const client = await QuotaClient.connect(broker, 'held');
  await client.createTopic('held');
  await client.alter({ 'client-id': 'held' }, { producer_byte_rate: 20_000, request_percentage: 1000 });
  await until(async () => (await client.produce('held', 210_000)).throttleTimeMs > 0);
  const series = await scrape();
  client.close();
  const of = (name: string, resource: string) =>
    series.get(`kafka_server_quota_${name}{resource="${resource}",clientId="held"}`);
  // Rates are those of the last seconds: a machine that stands still may have none left.
  expect(of('byte_rate', 'Produce')).toBeGreaterThanOrEqual(0);
  expect(of('request_time', 'Request')).toBeGreaterThanOrEqual(0);
  expect(of('throttle_time', 'Produce')).toBeGreaterThan(0);
  expect(of('throttle_time', 'Request')).toBeUndefined();
  expect(series.get('kafka_server_request_exempt_request_time')).toBeGreaterThanOrEqual(0);
});

test('a ZooKeeper that dies is noticed and counted, and the broker is ready again with the next', async () => {
  await zooKeeper.kill();
  await untilScraped('kafka_server_sessionexpirelistener_sessionstate{state="disconnected"}', (value) => value === 1);
  // Whether it is still registered, nobody can say; it serves.
  expect((await readiness()).status).toBe(200);
  await zooKeeper.restart();
  await untilScraped('kafka_server_sessionexpirelistener_sessionstate{state="connected"}', (value) => value === 1);
  await untilScraped('kafka_controller_kafkacontroller_activecontrollercount', (value) => value === 1);
  expect(await readiness()).toEqual({ status: 200, reasons: [] });
  expect((await scrape()).get('kafka_server_sessionexpirelistener_zookeeperdisconnects_total')).toBeGreaterThan(0);
});

test('an address that is taken keeps the broker from starting, and is named', async () => {
  const port = new URL(url).port;
  const other = await Broker.prepare({
    zooKeeper: zooKeeper.connect,
    settings: { 'broker.id': 1, 'odradek.metrics.listener': `127.0.0.1:${port}` },
  });
  try {
    const process = other.launch();
    expect((await process.ended).code).toBe(1);
    expect(process.log()).toContain(`odradek.metrics.listener=127.0.0.1:${port}: cannot listen there: `);
    expect(process.log()).not.toContain('    at ');
  } finally {
    await other.remove();
  }
});
