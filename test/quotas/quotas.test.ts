import { AlterUserScramCredentials } from '@odradek/protocol/messages/alter-user-scram-credentials';
import { DescribeUserScramCredentials } from '@odradek/protocol/messages/describe-user-scram-credentials';
import { Broker } from '../support/broker';
import { until } from '../support/until';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';
import { QuotaClient } from './client';

/** The time between two ticks of clocks that are read as whole milliseconds. */
const TICK_MS = 2;
const THROTTLING_QUOTA_EXCEEDED = 89;

let zooKeeper: TestZooKeeper;
let broker: Broker;
let admin: QuotaClient;
const clients: QuotaClient[] = [];

async function connect(clientId: string): Promise<QuotaClient> {
  const client = await QuotaClient.connect(broker, clientId);
  clients.push(client);
  return client;
}

beforeAll(async () => {
  zooKeeper = await startZooKeeper();
  broker = await Broker.start({ zooKeeper: zooKeeper.connect });
  admin = await QuotaClient.connect(broker, 'admin');
  await admin.createTopic('t');
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

afterAll(async () => {
  admin?.close();
  await broker?.remove();
  await zooKeeper?.stop();
});

test('who produces too fast is answered at once and not listened to for the time it is told; others are served on', async () => {
  await admin.alter({ 'client-id': 'fast' }, { producer_byte_rate: 20_000 });
  const [fast, other] = [await connect('fast'), await connect('other')];
  let throttleTimeMs = 0;
  let startedMs = 0;
  await until(async () => {
    startedMs = performance.now();
    ({ throttleTimeMs } = await fast.produce('t', 210_000));
    return throttleTimeMs > 0;
  });
  const muted = fast.ping().then(() => performance.now());
  for (let round = 0; round < 20; round++) {
    expect((await other.produce('t', 11_000)).throttleTimeMs).toBe(0);
    await other.ping();
  }
  expect((await muted) - startedMs).toBeGreaterThanOrEqual(throttleTimeMs - TICK_MS);
  await admin.alter({ 'client-id': 'fast' }, { producer_byte_rate: null });
  // More in each throttle time than the quota allows: it is never met, only gone.
  await until(async () => (await fast.produce('t', 15_000)).throttleTimeMs === 0);
  expect((await fast.produce('t', 500_000)).throttleTimeMs).toBe(0);
});

test('who fetches too fast gets nothing, is throttled, and gets it then', async () => {
  await admin.alter({ user: 'ANONYMOUS', 'client-id': 'reader' }, { consumer_byte_rate: 20_000 });
  const reader = await connect('reader');
  let fetched = await reader.fetch('t', 11_000);
  await until(async () => {
    if (fetched.throttleTimeMs === 0) fetched = await reader.fetch('t', 11_000);
    return fetched.throttleTimeMs > 0;
  });
  expect(fetched).toMatchObject({ partitions: 0, bytes: 0 });
  await until(async () => (await reader.fetch('t', 11_000)).bytes > 0);
});

test('what exceeds controller_mutation_rate is refused, and not made', async () => {
  await admin.alter({ 'client-id': 'maker' }, { controller_mutation_rate: 0.01 });
  // The first request that the quota holds for overdraws it and is granted. A refused client is muted for minutes.
  const make = async (name: string) => (await connect('maker')).createTopic(name);
  for (let count = 0; (await make(`made-${count}`)).errorCode === 0; count++) expect(count).toBeLessThan(1000);
  const again = await make('not-made');
  expect(again).toEqual({ errorCode: THROTTLING_QUOTA_EXCEEDED, throttleTimeMs: expect.any(Number) });
  expect(again.throttleTimeMs).toBeGreaterThan(1000);
  await admin.alter({ 'client-id': 'maker' }, { controller_mutation_rate: null });
  await until(async () => (await make('not-made')).errorCode === 0);
});

test('an address that connects too fast is kept waiting and turned away; who is connected already stays', async () => {
  await admin.alter({ ip: '127.0.0.1' }, { connection_creation_rate: 0 });
  const isServed = async (): Promise<boolean> => {
    const client = await QuotaClient.connect(broker, 'newcomer');
    try {
      await client.ping();
      return true;
    } catch {
      return false;
    } finally {
      client.close();
    }
  };
  await until(async () => !(await isServed()));
  await admin.ping();
  await admin.alter({ ip: '127.0.0.1' }, { connection_creation_rate: null });
  await until(isServed);
});

test('quotas hold after a restart, and leave credentials alone', async () => {
  const upsertion = {
    name: 'alice',
    mechanism: 1,
    iterations: 4096,
    salt: Buffer.from('salt'),
    saltedPassword: Buffer.alloc(32, 1),
  };
  await admin.send(AlterUserScramCredentials, 0, { deletions: [], upsertions: [upsertion] });
  const alice = { user: 'alice', producer_byte_rate: 5 };
  await admin.alter({ user: 'alice' }, { producer_byte_rate: 5 });
  await admin.alter({ 'client-id': null }, { request_percentage: 1e-9 });
  await admin.alter({ 'client-id': 'admin' }, { request_percentage: 1e9 });
  expect(await admin.describe()).toEqual(
    expect.arrayContaining([alice, { 'client-id': null, request_percentage: 1e-9 }]),
  );
  admin.close();
  await broker.stop();
  await broker.start();
  admin = await QuotaClient.connect(broker, 'admin');
  const client = await connect('anybody');
  await until(async () => (await client.produce('t', 10)).throttleTimeMs === 1000);
  await admin.alter({ 'client-id': null }, { request_percentage: null });
  await admin.alter({ user: 'alice' }, { producer_byte_rate: null });
  const { results } = await admin.send(DescribeUserScramCredentials, 0, { users: [{ name: 'alice' }] });
  expect(results[0]!.credentialInfos).toEqual([{ mechanism: 1, iterations: 4096 }]);
});
