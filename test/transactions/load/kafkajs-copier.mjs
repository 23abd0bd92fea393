// Copies topics as a process of its own, to be killed at any time: kafkajs reads, writes and commits its offsets in one transaction after
// another, some of which it aborts. What it is about to do it says first, a line of JSON each; any failure ends it.
import { Kafka, logLevel } from 'kafkajs';

const { brokers, name, life, input, output, echo, partitions, maxRecords, abortOneIn } = JSON.parse(process.argv[2]);
const say = (fact) => process.stdout.write(`${JSON.stringify(fact)}\n`);
const end = (error) => {
  say({ failed: String(error?.message ?? error) });
  process.exit(1);
};
process.on('unhandledRejection', end);

const PAUSE_MS = 10;
const retry = { initialRetryTime: 50, maxRetryTime: 500, retries: 60 };
const kafka = new Kafka({ clientId: name, brokers, logLevel: logLevel.NOTHING, retry, requestTimeout: 10_000 });
const producer = kafka.producer({
  transactionalId: name,
  idempotent: true,
  maxInFlightRequests: 1,
  transactionTimeout: 10_000,
});
const consumer = kafka.consumer({
  groupId: name,
  sessionTimeout: 3_000,
  rebalanceTimeout: 6_000,
  heartbeatInterval: 500,
  maxWaitTimeInMs: 100,
});
let isStopped = false;
let isBusy = false;
process.on('SIGTERM', () => {
  isStopped = true;
  if (!isBusy) process.exit(0);
});

/** kafkajs gives up where the transaction before this one is still being ended; Java's client asks again. */
async function insist(attempt) {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const type = error.type ?? error.cause?.type ?? error.originalError?.type;
      if (type !== 'CONCURRENT_TRANSACTIONS') throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

let transactions = 0;

/** One transaction: true where its records are copied now. */
async function copy(partition, messages) {
  const id = `${life}.${transactions++}`;
  const keys = messages.map(({ key }) => `${name}/${key}@${id}`);
  const places = [
    { topic: output, partition },
    { topic: echo, partition: (partition + 1) % partitions },
  ];
  const writes = places.flatMap((place) =>
    keys.map((value) => ({ partition: `${place.topic}-${place.partition}`, value })),
  );
  say({ id, writes });
  const transaction = await producer.transaction();
  // One partition at a time: where kafkajs asks two brokers at once and one refuses, the other has written already.
  for (const place of places) {
    const messages = keys.map((key) => ({ key, value: key, partition: place.partition }));
    await insist(() => transaction.send({ topic: place.topic, messages }));
  }
  if (Math.random() * abortOneIn < 1) {
    await transaction.abort();
    return false;
  }
  const offset = String(Number(messages.at(-1).offset) + 1);
  await transaction.sendOffsets({
    consumerGroupId: name,
    topics: [{ topic: input, partitions: [{ partition, offset }] }],
  });
  say({ committing: id });
  await transaction.commit();
  say({ committed: id });
  return true;
}

await producer.connect();
// InitProducerId ends what an earlier life has left open: only then committed offsets are what they will be.
const first = await producer.transaction();
await first.abort();
const admin = kafka.admin();
await admin.connect();
const [committed] = await admin.fetchOffsets({ groupId: name, topics: [input] });
await admin.disconnect();
const positions = new Map(
  committed.partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]),
);

consumer.on(consumer.events.CRASH, ({ payload }) => end(payload.error));
await consumer.connect();
await consumer.subscribe({ topic: input, fromBeginning: true });
say({ ready: Object.fromEntries(positions) });
await consumer.run({
  autoCommit: false,
  eachBatchAutoResolve: false,
  eachBatch: async ({ batch: { partition, messages }, resolveOffset, heartbeat }) => {
    const position = positions.get(partition);
    // What the group's offset says after a rebalance may be older than what this process knows that it has committed.
    const fresh = messages
      .filter(({ offset }) => Number(offset) >= position)
      .slice(0, 1 + Math.floor(Math.random() * maxRecords));
    if (fresh.length === 0) return resolveOffset(String(position - 1));
    if (Number(fresh[0].offset) !== position)
      return consumer.seek({ topic: input, partition, offset: String(position) });
    isBusy = true;
    const isCopied = await copy(partition, fresh).catch(end);
    isBusy = false;
    if (isStopped) process.exit(0);
    if (!isCopied) return;
    positions.set(partition, Number(fresh.at(-1).offset) + 1);
    resolveOffset(fresh.at(-1).offset);
    await heartbeat().catch(() => {});
  },
});
