import { setTimeout as sleep } from 'node:timers/promises';
import { createTopic, deleteTopic, type TopicShape } from './calls';
import { fetchTraffic } from './fetch';
import { commitTraffic, prepareGroups, runGroups, runJoin } from './groups';
import type { CommitJob, CreateJob, FetchJob, GroupsJob, Job, ProduceJob, Result } from './job';
import { runLatency } from './latency';
import { Link } from './link';
import { Meter } from './meter';
import { runCreate, runFailover, runOutage } from './outage';
import { produceTraffic } from './produce';

/** Lets links run through the warm-up and the measured time. */
async function measure(job: ProduceJob | FetchJob | CommitJob, meter: Meter, links: readonly Link[]): Promise<Result> {
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
  const meter = new Meter(job);
  const failure = failing();
  const all = Array.from({ length: job.partitions }, (_, partition) => partition);
  const links = await Promise.all(
    Array.from({ length: job.connections }, async (_, connection) => {
      const own = all.filter((partition) => partition % job.connections === connection);
      const traffic = await fetchTraffic(job, own, filled);
      const answered = (frameBytes: number): void => {
        if (frameBytes !== traffic.answerBytes) failure.fail(new Error(`an answer of ${frameBytes} bytes`));
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

function run(job: Exclude<Job, GroupsJob | CreateJob>): Promise<object> {
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
