import { sleep } from '@odradek/broker/env/clock';
import type { SimulatedLine } from '@odradek/broker/env/simulation/logger';
import { judge, type Poll } from '../support/history';
import { Admin, unfinished } from './admin';
import { SimulatedClient, type TopicPartition } from './client';
import { OFFSETS_PARTITIONS, SimulatedCluster, TRANSACTIONS_PARTITIONS } from './cluster';
import { Committer } from './committer';
import { Copies } from './copies';
import { Membership } from './memberships';
import { type FaultName, Nemesis } from './nemesis';
import { Producer } from './producer';
import { Reader } from './reader';
import { ailment, finalOf, replicasOf } from './replicas';
import type { Scenario } from './scenario';

const TOPIC = 't';
const OFFSETS = partitionsOf('__consumer_offsets', OFFSETS_PARTITIONS);
const TRANSACTIONS = partitionsOf('__transaction_state', TRANSACTIONS_PARTITIONS);
/** How long a healed cluster may take until all is well again. */
const RECOVERY_MS = 180_000;
const START_MS = 60_000;
const POLL_MS = 250;
/** No run takes so long by far. */
const LIMIT_MS = 1_800_000;

export interface Outcome {
  readonly seed: number;
  /** Which cluster it was. */
  readonly summary: string;
  /** Two runs with the same hash are the same run. */
  readonly hash: string;
  /** Empty where all was right. */
  readonly violations: readonly string[];
  readonly virtualMs: number;
  readonly steps: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly read: number;
  readonly committed: number;
  /** Of groups with members: generations, and commits of members. */
  readonly generations: number;
  readonly memberCommits: number;
  readonly transactions: number;
  readonly committedTransactions: number;
  readonly struck: ReadonlyMap<FaultName, number>;
}

/** One run from one seed: a cluster, its clients, what breaks it, and the judgement. */
export async function simulate(scenario: Scenario, log: (line: SimulatedLine) => void = () => {}): Promise<Outcome> {
  const cluster = new SimulatedCluster({ ...scenario, log });
  process.on('unhandledRejection', cluster.onRejection);
  try {
    return await new Run(scenario, cluster, log).play();
  } finally {
    process.off('unhandledRejection', cluster.onRejection);
  }
}

class Run {
  private readonly partitions: readonly TopicPartition[];
  private readonly nemesis: Nemesis;
  private readonly producers: readonly Producer[];
  private readonly readers: readonly Reader[];
  private readonly committers: readonly Committer[];
  private readonly copies: Copies;
  private readonly memberships: readonly Membership[];
  private readonly admin: Admin;
  private readonly violations: string[] = [];

  constructor(
    private readonly scenario: Scenario,
    private readonly cluster: SimulatedCluster,
    private readonly log: (line: SimulatedLine) => void,
  ) {
    const { partitions, faults } = scenario;
    const random = cluster.random.fork();
    this.partitions = partitionsOf(TOPIC, partitions);
    const options = () => ({
      maxInFlight: random.pick([1, 5]),
      maxPauseMs: scenario.producerPauseMs,
      maxRecords: random.pick([1, 4, 10]),
      maxValueBytes: random.pick([20, 200, 2_000]),
      deliveryTimeoutMs: random.pick([15_000, 120_000]),
    });
    this.producers = [
      new Producer(cluster, 'idempotent-0', { isIdempotent: true, ...options() }),
      new Producer(cluster, 'idempotent-1', { isIdempotent: true, ...options() }),
      new Producer(cluster, 'plain', { ...options(), isIdempotent: false, maxInFlight: 1 }),
    ];
    this.readers = ['reader-0', 'reader-1'].map((name) => new Reader(cluster, name, this.partitions));
    this.committers = ['group-0', 'group-1'].map((name) => new Committer(cluster, name, this.partitions));
    this.copies = new Copies(cluster, this.partitions, scenario);
    const groups = Array.from({ length: scenario.groups }, (_, index) => `members-${index}`);
    this.memberships = groups.map((group) => new Membership(cluster, group, this.partitions));
    this.admin = new Admin(cluster, this.partitions, scenario.adminPauseMs);
    const say = (text: string): void => this.say(text);
    const maxPauseMs = random.pick([1_000, 3_000, 10_000]);
    this.nemesis = new Nemesis(cluster, { faults, maxPauseMs, maxDurationMs: random.pick([5_000, 40_000]), say });
  }

  async play(): Promise<Outcome> {
    const { time, nodes, broken } = this.cluster;
    const director = time.process('director');
    let isOver = false;
    let failure: unknown = null;
    director.soon(() => {
      this.direct((ms) => sleep(director, ms)).then(
        () => {
          isOver = true;
        },
        (error) => {
          failure = error;
          isOver = true;
        },
      );
    });
    for (const node of nodes) node.start();
    await time.runWhile(() => !isOver, LIMIT_MS);
    if (!isOver) this.violations.push('the run does not end');
    if (failure !== null) throw failure;
    const sends = this.producers.flatMap((producer) => producer.sends);
    const polls = this.readers.flatMap((reader) => reader.polls);
    const transactions = this.copies.copiers.flatMap((copier) => copier.transactions);
    return {
      seed: this.scenario.seed,
      summary: summaryOf(this.scenario),
      hash: time.trace.hash,
      violations: [...broken, ...this.violations],
      virtualMs: time.nowMs,
      steps: time.steps,
      sent: sends.length,
      acknowledged: sends.filter(({ outcome }) => outcome === 'acknowledged').length,
      read: sum(polls.map(({ records }) => records.length)),
      committed: sum(this.committers.map(({ acknowledged }) => acknowledged)),
      generations: sum(this.memberships.map(({ ledger }) => ledger.generations)),
      memberCommits: sum(this.memberships.map(({ ledger }) => ledger.acceptedCommits)),
      transactions: transactions.length,
      committedTransactions: transactions.filter(({ outcome }) => outcome === 'committed').length,
      struck: this.nemesis.struck,
    };
  }

  /** What happens, one thing after another. */
  private async direct(wait: (ms: number) => Promise<void>): Promise<void> {
    await this.until('the brokers serve', START_MS, wait, () =>
      this.cluster.nodes.every(({ state }) => state === 'serving') ? null : 'not all brokers serve',
    );
    const admin = new SimulatedClient(this.cluster, 'admin');
    await admin.createTopic(TOPIC, this.partitions.length, this.scenario.topicConfigs);
    if (this.copies.partitions.length > 0) {
      await admin.createTopic(this.copies.topic, this.partitions.length, this.scenario.topicConfigs);
    }
    admin.close();
    const producing = Promise.all(this.producers.map((producer) => producer.run(this.partitions)));
    const readers = [...this.readers, ...this.copies.readers];
    const reading = Promise.all(readers.map((reader) => reader.run()));
    const copying = this.copies.run();
    const committing = Promise.all(this.committers.map((committer) => committer.run()));
    const meeting = Promise.all(this.memberships.map((membership) => membership.run()));
    await wait(1_000);
    void this.nemesis.run();
    const meddling = this.scenario.adminPauseMs > 0 ? this.admin.run() : null;
    await wait(this.scenario.troubleMs);
    this.nemesis.heal();
    this.admin.stop();
    this.copies.hurry();
    for (const membership of this.memberships) membership.calm();
    await meddling;
    for (const node of this.cluster.nodes) node.start();
    await this.until('the brokers serve', RECOVERY_MS, wait, () =>
      this.cluster.nodes.every(({ state }) => state === 'serving') ? null : 'not all brokers serve',
    );
    await wait(2_000);
    for (const producer of this.producers) producer.stop();
    for (const committer of this.committers) committer.stop();
    await Promise.all([producing, committing, meeting]);
    await this.until('all is well', RECOVERY_MS, wait, () => this.ailment());
    await this.until('groups are whole', RECOVERY_MS, wait, () => firstOf(this.memberships, (it) => it.ailment()));
    await Promise.all(this.memberships.map((membership) => membership.stop()));
    const finals = this.partitions.flatMap((partition) =>
      replicasOf(this.cluster, partition).map((id) => finalOf(this.cluster.nodes[id]!, partition)),
    );
    const ends = endsOf(finals);
    await this.until('everything is copied', RECOVERY_MS, wait, () => this.copies.uncopied(ends));
    this.copies.stop();
    await copying;
    await this.until('every transaction has its end', RECOVERY_MS, wait, () => this.copies.open() ?? this.ailment());
    const copies = this.copies.finals();
    await this.until('everything is read', RECOVERY_MS, wait, () => unread(readers, endsOf([...finals, ...copies])));
    for (const reader of readers) reader.stop();
    await reading;
    this.violations.push(...this.copies.judge(finals, copies));
    const sends = this.producers.flatMap((producer) => producer.sends);
    const polls = this.readers.flatMap((reader) => reader.polls);
    for (const { type, partition, what } of judge({ sends, polls, finals })) {
      this.violations.push(`${type} in ${partition}: ${what}`);
    }
    await this.judgeCommits(wait);
    await this.judgeGroups(wait);
    for (const { losses } of this.producers) this.violations.push(...losses);
    for (const { surprises } of readers) this.violations.push(...surprises);
  }

  private async judgeCommits(wait: (ms: number) => Promise<void>): Promise<void> {
    for (const committer of this.committers) {
      let found: string[] | null = null;
      await this.until(`commits of ${committer.group} are found`, RECOVERY_MS, wait, async () => {
        found = await committer.judge();
        return found === null ? `the coordinator of ${committer.group} does not answer` : null;
      });
      this.violations.push(...(found ?? []));
    }
  }

  private async judgeGroups(wait: (ms: number) => Promise<void>): Promise<void> {
    for (const membership of this.memberships) {
      const { ledger } = membership;
      await this.until(`commits of ${ledger.groupId} are found`, RECOVERY_MS, wait, async () =>
        (await membership.judge()) ? null : `the coordinator of ${ledger.groupId} does not answer`,
      );
      this.violations.push(...ledger.wrong);
    }
  }

  private ailment(): string | null {
    const transactions = this.copies.copiers.length > 0 ? TRANSACTIONS : [];
    const partitions = [...this.partitions, ...this.copies.partitions, ...OFFSETS, ...transactions];
    return unfinished(this.cluster) ?? ailment(this.cluster, partitions);
  }

  /** Waits until nothing is wrong; what is wrong for too long is a violation. */
  private async until(
    what: string,
    limitMs: number,
    wait: (ms: number) => Promise<void>,
    wrong: () => string | null | Promise<string | null>,
  ): Promise<void> {
    const deadlineMs = this.cluster.time.nowMs + limitMs;
    for (;;) {
      const reason = await wrong();
      if (reason === null) {
        this.say(what);
        return;
      }
      if (this.cluster.time.nowMs > deadlineMs) {
        this.violations.push(`no recovery: ${reason}, ${limitMs / 1_000} s after all faults were over`);
        return;
      }
      await wait(POLL_MS);
    }
  }

  private say(text: string): void {
    this.log({ atMs: this.cluster.time.nowMs, process: 'simulation', level: 'INFO', text });
  }
}

function partitionsOf(topic: string, count: number): readonly TopicPartition[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function firstOf<T>(things: readonly T[], wrong: (thing: T) => string | null): string | null {
  for (const thing of things) {
    const reason = wrong(thing);
    if (reason !== null) return reason;
  }
  return null;
}

/** The last offset of each partition. */
function endsOf(finals: readonly Poll[]): ReadonlyMap<string, number> {
  return new Map(finals.map(({ partition, records }) => [partition, records.at(-1)?.offset ?? -1]));
}

function unread(readers: readonly Reader[], ends: ReadonlyMap<string, number>): string | null {
  for (const reader of readers) {
    for (const { partition, records } of reader.polls) {
      const end = ends.get(partition)!;
      if ((records.at(-1)?.offset ?? -1) < end) return `${reader.where(partition)}, but there are records up to ${end}`;
    }
  }
  return null;
}

function summaryOf({ brokers, zooKeepers, partitions, copiers, groups }: Scenario): string {
  return `${brokers} brokers, ${zooKeepers} ZooKeepers, ${partitions} partitions, ${copiers} copiers, ${groups} groups`;
}
