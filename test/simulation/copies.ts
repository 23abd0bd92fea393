import type { Poll } from '../support/history';
import { judgeCopy, judgeTransactions } from '../support/transactions';
import { keyOf, type TopicPartition } from './client';
import type { SimulatedCluster } from './cluster';
import { Copier } from './copier';
import { placesOf, sourceOf, sourceOfCopy } from './copier-life';
import { Reader } from './reader';
import { committedOf, replicasOf } from './replicas';
import type { Scenario } from './scenario';

const OUTPUT = 'copies';

/** Those who copy a topic in transactions into another one, and those who read that. */
export class Copies {
  readonly partitions: readonly TopicPartition[];
  readonly copiers: readonly Copier[];
  readonly readers: readonly Reader[];

  constructor(
    private readonly cluster: SimulatedCluster,
    private readonly input: readonly TopicPartition[],
    scenario: Scenario,
  ) {
    const { copiers, copiedRecords: maxRecords, transactionTimeoutMs } = scenario;
    const random = cluster.random.fork();
    this.partitions = copiers === 0 ? [] : input.map(({ partition }) => ({ topic: OUTPUT, partition }));
    const options = () => ({
      ...{ input, output: OUTPUT, maxRecords, transactionTimeoutMs },
      maxPauseMs: random.pick([100, 500, 2_000]),
      maxLifeMs: random.pick([5_000, 30_000]),
    });
    this.copiers = Array.from({ length: copiers }, (_, index) => new Copier(cluster, `copier-${index}`, options()));
    const names = copiers === 0 ? [] : ['copy-reader-0', 'copy-reader-1'];
    this.readers = names.map((name) => new Reader(cluster, name, this.partitions, 'committed'));
  }

  get topic(): string {
    return OUTPUT;
  }

  run(): Promise<unknown> {
    return Promise.all(this.copiers.map((copier) => copier.run()));
  }

  hurry(): void {
    for (const copier of this.copiers) copier.hurry();
  }

  stop(): void {
    for (const copier of this.copiers) copier.stop();
  }

  /** Why not everything is copied yet; null where it is. */
  async uncopied(ends: ReadonlyMap<string, number>): Promise<string | null> {
    for (const copier of this.copiers) {
      const positions = await copier.positions();
      if (positions === null) return `the coordinator of ${copier.name} does not answer`;
      for (const [partition, position] of positions) {
        const end = ends.get(partition)! + 1;
        if (position < end)
          return `${copier.name} has copied ${partition} up to ${position} of ${end}${reasons(copier)}`;
      }
    }
    return null;
  }

  /** Which transactions have no end yet; null where all have. */
  open(): string | null {
    for (const partition of this.partitions) {
      for (const id of replicasOf(this.cluster, partition)) {
        const [open] = committedOf(this.cluster.nodes[id]!, partition).open;
        if (open !== undefined) return `${keyOf(partition)}: a transaction hangs, of ${open}`;
      }
    }
    return null;
  }

  /** What the replicas hold of committed records. */
  finals(): Poll[] {
    return this.partitions.flatMap((partition) =>
      replicasOf(this.cluster, partition).map((id) => {
        const { records } = committedOf(this.cluster.nodes[id]!, partition);
        return { reader: `broker-${id}`, partition: keyOf(partition), records };
      }),
    );
  }

  /** @param inputs what the input's partitions hold in the end */
  judge(inputs: readonly Poll[], finals: readonly Poll[]): string[] {
    const transactions = this.copiers.flatMap((copier) => copier.transactions);
    const polls = this.readers.flatMap((reader) => reader.polls);
    const found = judgeTransactions({ transactions, polls, finals }).map(said);
    for (const { name } of this.copiers) {
      for (const { topic, partition } of this.input) {
        const input = inputs.find((it) => it.partition === keyOf({ topic, partition }))!;
        const sources = input.records.map((record) => ({ offset: record.offset, value: sourceOf(record) }));
        const places = placesOf(OUTPUT, partition, this.input.length);
        for (const [index, place] of places.entries()) {
          const output = writtenBy(index === 0 ? name : `echo of ${name}`, place, finals);
          found.push(...judgeCopy({ ...input, records: sources }, output, sourceOfCopy).map(said));
        }
      }
    }
    found.push(...this.copiers.flatMap(({ losses }) => losses));
    return found;
  }
}

const said = ({ type, partition, what }: { type: string; partition: string; what: string }): string =>
  `${type} in ${partition}: ${what}`;

function writtenBy(kind: string, place: TopicPartition, finals: readonly Poll[]): Poll {
  const final = finals.find(({ partition }) => partition === keyOf(place))!;
  return { ...final, records: final.records.filter(({ value }) => value.startsWith(`${kind}|`)) };
}

function reasons({ failures }: Copier): string {
  return [...failures].map(([reason, times]) => `; ${reason} (${times} times)`).join('');
}
