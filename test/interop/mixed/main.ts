import { execFileSync } from 'node:child_process';
import { FAULTS, Trial } from '../../replication/load/trial';
import { startZooKeeper } from '../../support/zookeeper';
import { type Kafka, Place, type Side } from './member';
import { compareTrees } from './trees';

/**
 * Apache's brokers and ours in one cluster, each side in turn controller, leader and follower, under load and kills; then
 * from all Apache to all ours and back, broker by broker, on the same folders; and two clusters whose trees in ZooKeeper must
 * stay the same. `npm run test:mixed`
 */
const BROKERS = 3;
/** The tool says its first word when all replicas have answered twice. */
const VERIFY_MS = 20_000;
const CLUSTERS: readonly (readonly Side[])[] = [
  ['apache', 'apache', 'ours'],
  ['ours', 'ours', 'apache'],
];
/** Proves the trials themselves: what differs there is not ours. */
const SELF: readonly (readonly Side[])[] = [['apache', 'apache', 'apache']];
const TRIALS = (['leader', 'controller'] as const).flatMap((victim) =>
  (Object.keys(FAULTS) as (keyof typeof FAULTS)[]).map((fault) => ({ fault, victim })),
);

interface Options extends Kafka {
  readonly self: boolean;
  readonly only: string | undefined;
}

/** What Apache's own tool finds different between the replicas of a topic. */
function verifyReplicas({ java, classPath }: Kafka, bootstrap: string, topic: string): string[] {
  const args = ['--broker-list', bootstrap, '--topics-include', topic, '--report-interval-ms', '1000'];
  const main = 'org.apache.kafka.tools.ReplicaVerificationTool';
  let text = '';
  try {
    execFileSync(java, ['-Xmx128m', '-cp', classPath, main, ...args], {
      encoding: 'utf8',
      timeout: VERIFY_MS,
      stdio: 'pipe',
    });
  } catch (error) {
    // It runs for ever: what it has said until it was stopped counts.
    text = String((error as { stdout?: string }).stdout ?? '');
  }
  const reports = text.split('\n').filter((line) => line.includes('max lag is'));
  if (reports.length === 0) return [`kafka-replica-verification says nothing of ${topic}`];
  return reports.slice(-1).filter((line) => !/max lag is 0 /.test(line));
}

async function runTrial(
  options: Options,
  places: readonly Place[],
  topic: string,
  fault: (trial: Trial) => Promise<void>,
) {
  const trial = new Trial(places, { topic, partitions: 3, isIdempotent: true, compression: 'none', seed: 7 });
  const verdict = await trial.run(() => fault(trial));
  const bootstrap = places.map(({ port }) => `127.0.0.1:${port}`).join(',');
  const problems = [...verdict.problems, ...verifyReplicas(options, bootstrap, topic)];
  console.log(
    `${problems.length === 0 ? 'same ' : 'WRONG'} ${topic}: ${verdict.acknowledged} acknowledged, longest time without one ${verdict.longestGapMs} ms`,
  );
  for (const problem of problems.slice(0, 20)) console.log(`      ${problem}`);
  return problems.length;
}

/** Returns the exit code. */
export async function main(options: Options): Promise<number> {
  const zooKeeper = await startZooKeeper();
  let wrong = 0;
  const isWanted = (name: string): boolean => options.only === undefined || name.includes(options.only);
  try {
    for (const sides of options.self ? SELF : CLUSTERS) {
      const name = sides.join('-');
      const trials = TRIALS.map((trial) => ({
        ...trial,
        topic: `${name}-${trial.fault}-${trial.victim}`.replaceAll(' ', ''),
      }));
      const wanted = trials.filter(({ topic }) => isWanted(topic));
      if (wanted.length === 0) continue;
      const places = await makePlaces(options, `${zooKeeper.connect}/${name}`, sides);
      try {
        for (const { topic, fault, victim } of wanted) {
          wrong += await runTrial(options, places, topic, (trial) => FAULTS[fault](trial, () => trial[victim]()));
        }
      } finally {
        report(places);
        await Promise.all(places.map((place) => place.remove()));
      }
    }
    if (isWanted('trees')) wrong += await compareTrees(options, zooKeeper.connect, options.self);
    if (!options.self && isWanted('rolling')) wrong += await roll(options, `${zooKeeper.connect}/rolling`);
  } finally {
    await zooKeeper.stop();
  }
  return wrong === 0 ? 0 : 1;
}

async function makePlaces(kafka: Kafka, zooKeeper: string, sides: readonly Side[]): Promise<Place[]> {
  const places = await Promise.all(Array.from({ length: BROKERS }, (_, id) => Place.make(kafka, id, zooKeeper)));
  for (const [id, place] of places.entries()) place.side = sides[id]!;
  await Promise.all(places.map((place) => place.start()));
  return places;
}

/** All Apache, then one broker after the other becomes ours and, in turn, Apache's again: after SIGTERM, then after kill -9. */
async function roll(options: Options, zooKeeper: string): Promise<number> {
  const places = await makePlaces(options, zooKeeper, ['apache', 'apache', 'apache']);
  let wrong = 0;
  try {
    for (const end of ['stop', 'kill'] as const) {
      wrong += await runTrial(options, places, `rolling-${end}`, async (trial) => {
        for (const side of ['ours', 'apache'] as const) {
          for (const place of places) {
            await place[end]();
            place.side = side;
            await place.start();
            await trial.whole();
            await trial.more();
          }
        }
      });
    }
  } finally {
    report(places);
    await Promise.all(places.map((place) => place.remove()));
  }
  return wrong;
}

function report(places: readonly Place[]): void {
  for (const place of places) {
    const errors = place.errors();
    console.log(`      broker ${place.id} (${place.side}): ${errors.length} lines of errors`);
    for (const line of [...new Set(errors.map((it) => it.replace(/^\[[^\]]*\] /, '')))].slice(0, 10))
      console.log(`        ${line.slice(0, 240)}`);
  }
}
