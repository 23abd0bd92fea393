import { setTimeout as sleep } from 'node:timers/promises';
import { buildBatch } from './batches';
import { createTopic, deleteTopic, type TopicShape } from './calls';
import { runCleaning } from './cleaning';
import { fetchTraffic, type Pieces } from './fetch';
import { commitTraffic, prepareGroups, runGroups, runJoin } from './groups';
import type {
  CleaningJob,
  CommitJob,
  CommittedFetchJob,
  CommittedResult,
  CreateJob,
  FetchJob,
  GroupsJob,
  Job,
  ProduceJob,
  Result,
} from './job';
import { runLatency } from './latency';
import { Link } from './link';
import { Meter } from './meter';
import { runCreate, runFailover, runOutage } from './outage';
import { produceTraffic } from './produce';
import { runTransactions, TransactionalProducer } from './transactions';

/** A control batch of one marker. */
const MARKER_BYTES = 78;
/** More than what an answer tells of one aborted transaction, and of there being a list. */
const ABORTED_BYTES = 20;
const ABORT_EACH = 10;
const TURNS = 4;

/** Lets links run through the warm-up and the measured time. */
async function measure(
  job: { readonly warmSeconds: number; readonly seconds: number },
  meter: Meter,
  links: readonly Link[],
): Promise<Result> {
  await Promise.all(links.map(({ opened }) => opened));
  for (const link of links) {
    link.onAnswers = (count) => link.send(count);
    link.send(link.room);
  }
  await sleep(job.warmSeconds * 1000);
  meter.begin();
  await sleep(job.seconds * 1000);
  return meter.end();
}

async function runProduce(job: ProduceJob): Promise<Result> {
  const meter = new Meter(job);
  const failure = failing();
  const links = (await produceTraffic(job, job.batch, job.connections, job.inFlight)).map((traffic) => {
    const answered = (): void => {
      meter.requests++;
      meter.records += job.batch.records;
      meter.bytes += traffic.batchBytes;
    };
    return new Link(traffic.port, traffic, answered, failure.fail);
  });
  const result = await Promise.race([measure(job, meter, links), failure.promise]);
  for (const link of links) link.close();
  return result;
}

async function runCommit(job: CommitJob): Promise<Result> {
  const meter = new Meter(job);
  const failure = failing();
  const links = (await commitTraffic(job)).map((traffic) => {
    const answered = (): void => {
      meter.requests++;
    };
    return new Link(job.port, traffic, answered, failure.fail);
  });
  const result = await Promise.race([measure(job, meter, links), failure.promise]);
  for (const link of links) link.close();
  return result;
}

async function runFetch(job: FetchJob): Promise<Result> {
  const filled = await fill(job);
  const batchBytes = buildBatch(job.batch).length;
  const batches = Math.max(1, Math.floor(job.partitionMaxBytes / batchBytes));
  const offsets = batches * job.batch.records;
  return read(job, { bytes: batches * batchBytes, offsets, count: Math.floor(filled / batches) });
}

/** Reads pieces of all partitions round and round. */
async function read(job: FetchJob | CommittedFetchJob, pieces: Pieces, isCommitted = false): Promise<Result> {
  const meter = new Meter(job);
  const failure = failing();
  const all = Array.from({ length: job.partitions }, (_, partition) => partition);
  const links = await Promise.all(
    Array.from({ length: job.connections }, async (_, connection) => {
      const own = all.filter((partition) => partition % job.connections === connection);
      const traffic = await fetchTraffic({ ...job, isCommitted }, own, pieces);
      const most = traffic.answerBytes + (isCommitted ? own.length * ABORTED_BYTES : 0);
      const answered = (frameBytes: number): void => {
        const isWhole = frameBytes >= traffic.answerBytes && frameBytes <= most;
        if (!isWhole) failure.fail(new Error(`an answer of ${frameBytes} bytes`));
        meter.requests++;
        meter.records += traffic.recordsPerRequest;
        meter.bytes += traffic.bytesPerRequest;
      };
      return new Link(job.port, traffic, answered, failure.fail);
    }),
  );
  const result = await Promise.race([measure(job, meter, links), failure.promise]);
  for (const link of links) link.close();
  return result;
}

/** Reads transactions to the log's end and to the last stable offset, by turns: half the time each. */
async function runCommittedFetch(job: CommittedFetchJob): Promise<CommittedResult> {
  const pieces = await fillWithTransactions(job);
  const slice = { ...job, seconds: job.seconds / TURNS, warmSeconds: job.warmSeconds / TURNS };
  const [plain, committed]: Result[][] = [[], []];
  for (let turn = 0; turn < TURNS; turn++) {
    plain!.push(await read(slice, pieces));
    committed!.push(await read(slice, pieces, true));
  }
  const rate = (results: readonly Result[]): number =>
    results.reduce((sum, { bytes }) => sum + bytes, 0) / results.reduce((sum, { seconds }) => sum + seconds, 0);
  return { committedBytesPerSecond: rate(committed!), share: rate(committed!) / rate(plain!) };
}

/** One producer's transactions over all partitions, one after the other; some are aborted. */
async function fillWithTransactions(job: CommittedFetchJob): Promise<Pieces> {
  const producer = await TransactionalProducer.start(job.topic, job);
  const { batchBytes } = producer;
  const bytes = batchBytes * job.batchesPerTransaction + MARKER_BYTES;
  const count = Math.ceil(job.fillBytes / job.partitions / bytes);
  for (let index = 0; index < count; index++) {
    await producer.transact({ committed: index % ABORT_EACH !== ABORT_EACH - 1, batches: job.batchesPerTransaction });
  }
  await producer.settled();
  producer.close();
  return { bytes, offsets: job.batch.records * job.batchesPerTransaction + 1, count };
}

/** Fills the topic evenly; returns the batches of each partition. */
async function fill(job: FetchJob): Promise<number> {
  const traffics = await produceTraffic(job, job.batch, job.partitions, 1);
  const batches = Math.ceil(job.fillBytes / job.partitions / traffics[0]!.batchBytes);
  await Promise.all(
    traffics.map(
      (traffic) =>
        new Promise<void>((resolve, reject) => {
          let left = batches;
          const link = new Link(job.port, traffic, () => left--, reject);
          link.onAnswers = () => {
            if (left > 0) return link.send(1);
            link.close();
            resolve();
          };
          void link.opened.then(() => link.send(1));
        }),
    ),
  );
  return batches;
}

function failing(): { promise: Promise<never>; fail: (error: Error) => void } {
  let fail: (error: Error) => void = () => {};
  const promise = new Promise<never>((_, reject) => {
    fail = reject;
  });
  promise.catch(() => {});
  return { promise, fail };
}

const shapeOf = ({ partitions, replicationFactor = 1 }: Job): Omit<TopicShape, 'recycled'> => ({
  partitions,
  replicationFactor,
});

function run(job: Exclude<Job, GroupsJob | CreateJob | CleaningJob>): Promise<object> {
  switch (job.kind) {
    case 'outage':
      return runOutage(job);
    case 'failover':
      return runFailover(job);
    case 'commit':
      return runCommit(job);
    case 'join':
      return runJoin(job).then((joinSeconds) => ({ joinSeconds }));
    case 'produce':
      return runProduce(job);
    case 'fetch':
      return runFetch(job);
    case 'committed-fetch':
      return runCommittedFetch(job);
    case 'transactions':
      return runTransactions(job);
    case 'latency':
      return runLatency(job);
  }
}

async function main(): Promise<void> {
  const job = JSON.parse(process.argv.at(-1)!) as Job;
  if (job.kind === 'groups') {
    if (job.action === 'fill') {
      await createTopic(job.port, job.topic, { ...shapeOf(job), recycled: false });
      await prepareGroups(job.port);
    }
    await runGroups(job);
    process.stdout.write('{}');
    return;
  }
  if (job.kind === 'cleaning') {
    process.stdout.write(JSON.stringify(await runCleaning(job)));
    return;
  }
  if (job.kind === 'create') {
    process.stdout.write(JSON.stringify(await runCreate(job)));
    return;
  }
  await createTopic(job.port, job.topic, { ...shapeOf(job), recycled: job.kind === 'produce' });
  try {
    process.stdout.write(JSON.stringify(await run(job)));
  } finally {
    // The broker that was asked may be the one that is gone.
    if (job.kind !== 'outage' && job.kind !== 'failover') await deleteTopic(job.port, job.topic);
  }
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
