import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tempDir } from '../../support/process';
import { ClusterClient } from '../load/client';
import { Trial } from '../load/trial';
import { SeparatedCluster } from './cluster';
import type { Host } from './network';

const PARTITIONS = 3;
/** From the end of a fault until every replica is in sync in everybody's eyes. */
const HEALING_LIMIT_MS = 60_000;
/** Until others lead what the one that was cut off has led. */
const ELECTION_LIMIT_MS = 90_000;

/** Some partition stands still for longer in every fault: else nothing was cut. */
const FELT_MS = 3_000;
/** Records that are more than what was on its way. */
const SOME = 1_000;

/** Which partitions must take records while the fault lasts. */
type GoesOn = 'all' | 'some' | 'none';

interface Fault {
  /** Whether the broker to which it is done, the leader of a partition, is the controller. */
  readonly isController: boolean;
  readonly goesOn: GoesOn;
  /** @param victim its host, the others', and ZooKeeper's */
  cut(victim: Host, others: readonly Host[], zooKeeper: Host): void;
}

function sever(one: Host, others: readonly Host[]): void {
  for (const other of others) {
    one.loseTo(other);
    other.loseTo(one);
  }
}

const fromFollowers: Fault['cut'] = (victim, others) => sever(victim, others);
const fromZooKeeper: Fault['cut'] = (victim, _, zooKeeper) => sever(victim, [zooKeeper]);
const fromAll: Fault['cut'] = (victim, others, zooKeeper) => sever(victim, [...others, zooKeeper]);
const fromOne: Fault['cut'] = (victim, [other]) => sever(victim, [other!]);
const oneWay: Fault['cut'] = (victim, others) => {
  for (const other of others) victim.loseTo(other);
};

const FAULTS: Readonly<Record<string, Fault>> = {
  'a leader loses its followers, not ZooKeeper': { isController: false, goesOn: 'some', cut: fromFollowers },
  // No one can tell it that a replica is out of sync, and what it leads has one replica: as with Apache, nothing goes on.
  'the controller loses its followers, not ZooKeeper': { isController: true, goesOn: 'none', cut: fromFollowers },
  'a leader loses ZooKeeper, not its followers': { isController: false, goesOn: 'all', cut: fromZooKeeper },
  'the controller loses ZooKeeper, not its followers': { isController: true, goesOn: 'all', cut: fromZooKeeper },
  'a leader loses everybody': { isController: false, goesOn: 'all', cut: fromAll },
  'the controller loses everybody': { isController: true, goesOn: 'all', cut: fromAll },
  'the controller and one broker lose each other': { isController: true, goesOn: 'some', cut: fromOne },
  'followers lose what their leader sends': { isController: false, goesOn: 'some', cut: oneWay },
  'everybody loses what the controller sends': { isController: true, goesOn: 'none', cut: oneWay },
};

/** Runs the faults whose names have `only` in them, each for so long at least; returns the exit code. */
export async function main({ only, cutMs }: { only: string; cutMs: number }): Promise<number> {
  const cluster = await SeparatedCluster.start();
  try {
    for (const [number, [name, fault]] of Object.entries(FAULTS).entries()) {
      if (!name.includes(only)) continue;
      const { problems, told } = await judged(cluster, `cut-${number}`, fault, cutMs).catch((error: unknown) => {
        return { problems: [String(error)], told: 'not to its end' };
      });
      console.log([`${problems.length === 0 ? 'right' : 'WRONG'}  ${name}: ${told}`, ...problems].join('\n       '));
      if (problems.length === 0) continue;
      keep(cluster);
      // What comes after it would be judged by what it has left behind.
      return 1;
    }
  } finally {
    await cluster.stop();
  }
  return 0;
}

/** Logs of the brokers, and what they have said, for whoever looks for the reason. */
function keep(cluster: SeparatedCluster): void {
  const dir = tempDir('namespaces');
  for (const { id, logDir } of cluster.members) {
    fs.writeFileSync(path.join(dir, `broker-${id}.out`), cluster.log(id));
    fs.cpSync(logDir, path.join(dir, `broker-${id}`), { recursive: true });
  }
  console.log(`       kept in ${dir}`);
}

async function judged(cluster: SeparatedCluster, topic: string, fault: Fault, cutMs: number) {
  const options = { topic, partitions: PARTITIONS, isIdempotent: true, compression: 'none', seed: 1 } as const;
  const trial = new Trial(cluster.members, options);
  const wrong: string[] = [];
  let told = '';
  const { acknowledged, longestGapMs, problems } = await trial.run(async () => {
    const id = await victimOf(trial, fault.isController);
    const others = cluster.hosts.filter((_, other) => other !== id);
    const before = trial.acknowledged;
    fault.cut(cluster.hosts[id]!, others, cluster.zooKeeperHost);
    const goneOn = fault.goesOn === 'all' ? timed(atMost(ELECTION_LIMIT_MS, withoutIt(trial, id))) : 0;
    const [wentOnMs] = await Promise.all([goneOn, sleep(cutMs)]);
    const meanwhile = trial.acknowledged - before;
    cluster.heal();
    const wholeMs = await timed(atMost(HEALING_LIMIT_MS, trial.whole()));
    if (wentOnMs >= ELECTION_LIMIT_MS) wrong.push(`partitions stood still for ${wentOnMs} ms`);
    if (wholeMs >= HEALING_LIMIT_MS) wrong.push(`not whole ${wholeMs} ms after the end`);
    if ((fault.goesOn === 'none') !== meanwhile < SOME) wrong.push(`${meanwhile} acknowledged meanwhile`);
    told = `broker ${id}, ${meanwhile} acknowledged meanwhile, whole after ${wholeMs} ms`;
    if (fault.goesOn === 'all') told += `, all partitions took records after ${wentOnMs} ms`;
  });
  if (longestGapMs < FELT_MS) wrong.push('nobody has felt it');
  told += `, ${acknowledged} acknowledged in all, longest time without one ${longestGapMs} ms`;
  return { problems: [...problems, ...wrong], told };
}

const atMost = (limitMs: number, what: Promise<unknown>): Promise<unknown> =>
  Promise.race([what, sleep(limitMs, undefined, { ref: false })]);

/** Waits until the others have elected leaders, and those have taken records. */
async function withoutIt(trial: Trial, id: number): Promise<void> {
  const others = trial.members.filter((member) => member.id !== id);
  const client = new ClusterClient(others.map(({ port }) => port));
  await client.metadata(trial.options.topic, ({ topics }) => {
    const partitions = topics[0]?.partitions ?? [];
    return partitions.length > 0 && partitions.every(({ leaderId }) => leaderId !== id && leaderId >= 0);
  });
  await trial.more();
}

async function timed(what: Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await what;
  return Math.round(performance.now() - startMs);
}

/** The controller, or a leader that is not. */
async function victimOf(trial: Trial, isController: boolean): Promise<number> {
  const controller = await trial.client.controllerId();
  if (isController) return controller;
  const ports = await Promise.all([0, 1].map((partition) => trial.client.leaderPort(trial.options.topic, partition)));
  return trial.members.find(({ id, port }) => id !== controller && ports.includes(port))!.id;
}
