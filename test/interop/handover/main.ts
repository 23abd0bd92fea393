import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '../../support/ports';
import { home, removeDir, ServerProcess, tempDir, writeProperties } from '../../support/process';
import { startZooKeeper } from '../../support/zookeeper';
import { GroupLoad } from './groups';
import { Load, type TopicPlan } from './load';
import { TransactionLoad } from './transactions';

/**
 * One cluster's data and ZooKeeper, served by Apache's broker and by ours in turn: what one has written the other reads
 * and continues, after clean stops and after kill -9. `node test/interop/handover/run.mjs`
 */
const PLANS: readonly TopicPlan[] = [
  { name: 'plain', configs: {}, compression: 'none' },
  { name: 'rolled', configs: { 'segment.bytes': '20000', 'index.interval.bytes': '500' }, compression: 'none' },
  { name: 'compressed', configs: { 'segment.bytes': '3000' }, compression: 'gzip' },
  { name: 'recompressed', configs: { 'compression.type': 'zstd', 'segment.bytes': '3000' }, compression: 'lz4' },
  { name: 'append-time', configs: { 'message.timestamp.type': 'LogAppendTime' }, compression: 'none' },
  { name: 'deleted-records', configs: { 'segment.bytes': '20000' }, compression: 'snappy' },
  { name: 'reborn', configs: { 'segment.bytes': '20000' }, compression: 'none' },
];

type Side = 'apache' | 'ours';
type End = 'SIGTERM' | 'SIGKILL';
const ROUNDS: readonly (readonly [Side, End])[] = [
  ['apache', 'SIGTERM'],
  ['ours', 'SIGTERM'],
  ['apache', 'SIGKILL'],
  ['ours', 'SIGKILL'],
  ['apache', 'SIGTERM'],
  ['ours', 'SIGKILL'],
  ['ours', 'SIGTERM'],
  ['apache', 'SIGTERM'],
];

/** Apache's own reading of every file. Throws what it finds wrong. */
function dumpAll(java: string, classPath: string, logDirs: readonly string[]): number {
  const files = logDirs.flatMap((dir) =>
    (fs.readdirSync(dir, { recursive: true }) as string[])
      .filter((name) => /\.(log|index|timeindex|snapshot)$/.test(name) && !name.includes('-delete/'))
      .map((name) => path.join(dir, name)),
  );
  const dump = (args: string[]): string =>
    execFileSync(java, ['-cp', classPath, 'kafka.tools.DumpLogSegments', ...args], {
      encoding: 'utf8',
      maxBuffer: 1e9,
    });
  const text = dump(['--deep-iteration', '--files', files.filter((file) => !/index$/.test(file)).join(',')]);
  const bad = /isvalid: false|Mismatches|corrupt|invalid bytes|not found for offsets/i;
  const problems = text.split('\n').filter((line) => bad.test(line));
  for (const flag of [['--index-sanity-check'], []]) {
    const indexes = dump([...flag, '--files', files.filter((file) => /index$/.test(file)).join(',')]);
    problems.push(...indexes.split('\n').filter((line) => bad.test(line)));
  }
  if (problems.length > 0) throw new Error(`kafka-dump-log:\n${problems.slice(0, 20).join('\n')}`);
  return files.length;
}

/** Returns the exit code; throws the first difference. */
export async function main({ java, classPath }: { java: string; classPath: string }): Promise<number> {
  const [zooKeeper, port, dir] = [await startZooKeeper(), await freePort(), tempDir('handover')];
  const logDirs = ['a', 'b'].map((name) => path.join(dir, name));
  const file = path.join(dir, 'server.properties');
  writeProperties(file, {
    'broker.id': 3,
    listeners: `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': logDirs.join(','),
    'zookeeper.connect': `${zooKeeper.connect}/handover`,
    'zookeeper.session.timeout.ms': 2_000,
    'log.index.size.max.bytes': 100_000,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 5,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 5,
    'group.initial.rebalance.delay.ms': 0,
    'file.delete.delay.ms': 1_000,
    'log.initial.task.delay.ms': 1_000,
    'log.retention.check.interval.ms': 1_000,
    // Records' times lie years back.
    'log.retention.ms': -1,
  });
  const start = (side: Side): ServerProcess =>
    side === 'ours'
      ? new ServerProcess(path.join(home, 'bin', 'kafka-server-start.sh'), [file], { LOG_DIR: path.join(dir, 'app') })
      : new ServerProcess(java, ['-Xmx384m', '-XX:+UseSerialGC', '-cp', classPath, 'kafka.Kafka', file]);
  const load = new Load(port, PLANS);
  const groups = new GroupLoad('plain', 'reborn');
  const transactions = new TransactionLoad();
  let current: ServerProcess | null = null;
  try {
    for (const [round, [side, end]] of ROUNDS.entries()) {
      // Apache's broker dies of the node that its killed predecessor left behind; it gets time to go.
      if (side === 'apache' && round > 0 && ROUNDS[round - 1]![1] === 'SIGKILL') {
        await new Promise((resolve) => setTimeout(resolve, 4_000));
      }
      current = start(side);
      const running = current;
      await Promise.race([
        load.open(),
        running.ended.then((ending) => {
          throw new Error(`${side} ended: ${JSON.stringify(ending)}\n${running.log().slice(-3000)}`);
        }),
      ]);
      if (round === 0) await load.createAll();
      const found = await load.verify();
      await groups.open(load.link);
      const offsets = await groups.verify();
      await groups.work(round);
      await transactions.open(load.link);
      const committed = await transactions.verify();
      await transactions.work(round);
      await load.produce(10, 7);
      if (round % 2 === 0) await load.deleteRecords('deleted-records', (next) => next - 30);
      if (round > 0) {
        await load.deleteAndCreateAgain(PLANS.find(({ name }) => name === 'reborn')!);
        groups.onTopicDeleted();
      }
      await load.verify();
      await groups.verify();
      await transactions.verify();
      load.close();
      await running.stop(end);
      const dumped = end === 'SIGTERM' ? dumpAll(java, classPath, logDirs) : 0;
      console.log(
        `same  ${side} (${end}): found ${found} records, ${offsets} offsets and ${committed} committed records, ${dumped} files read by kafka-dump-log`,
      );
    }
  } catch (error) {
    console.error(current?.log().slice(-4000), dir);
    throw error;
  } finally {
    load.close();
    await current?.kill();
    await zooKeeper.stop();
  }
  removeDir(dir);
  return 0;
}
