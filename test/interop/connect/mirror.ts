import path from 'node:path';
import { removeDir, tempDir, writeProperties } from '../../support/process';
import { until } from '../../support/until';
import type { Kafka, Side } from '../mixed/member';
import { startJava } from '../transactions/java';
import { type Account, noteTopics, readTopic } from './account';
import { Cluster } from './cluster';

const MIRROR = 'org.apache.kafka.connect.mirror.MirrorMaker';
const FORMATTERS = 'org.apache.kafka.connect.mirror.formatters.';
const TOOLS = 'org.apache.kafka.tools.';
const RECORDS = 100;

/** MirrorMaker 2 from one broker to another: topics, records, syncs of offsets, checkpoints, heartbeats. */
export async function mirror(kafka: Kafka, side: Side): Promise<Account> {
  const account: Account = new Map();
  const folder = tempDir('mirror');
  const [a, b] = [await Cluster.start(kafka, side, 1), await Cluster.start(kafka, side, 1)];
  const file = path.join(folder, 'mm2.properties');
  writeProperties(file, {
    clusters: 'A,B',
    'A.bootstrap.servers': a.bootstrap,
    'B.bootstrap.servers': b.bootstrap,
    'A->B.enabled': 'true',
    'A->B.topics': 'mirrored.*',
    'A->B.groups': 'readers',
    'B->A.enabled': 'false',
    'replication.factor': 1,
    'checkpoints.topic.replication.factor': 1,
    'heartbeats.topic.replication.factor': 1,
    'offset-syncs.topic.replication.factor': 1,
    'offset.storage.replication.factor': 1,
    'status.storage.replication.factor': 1,
    'config.storage.replication.factor': 1,
    'emit.checkpoints.interval.seconds': 1,
    'refresh.topics.interval.seconds': 1,
    'refresh.groups.interval.seconds': 1,
    'sync.topic.configs.interval.seconds': 1,
    'sync.group.offsets.enabled': 'true',
    'sync.group.offsets.interval.seconds': 1,
    'offset.lag.max': 0,
  });
  const run = async (mainClass: string, bootstrap: string, ...args: string[]): Promise<string> => {
    const program = startJava(kafka, mainClass, ['--bootstrap-server', bootstrap, ...args]);
    await program.ended;
    return program.log();
  };
  const settings = ['--config', 'max.message.bytes=1234567', '--config', 'retention.ms=123456789'];
  await run(`${TOOLS}TopicCommand`, a.bootstrap, '--create', '--topic', 'mirrored', '--partitions', '1', ...settings);
  const perf = ['--num-records', String(RECORDS), '--record-size', '10', '--throughput', '-1'];
  const producer = startJava(kafka, `${TOOLS}ProducerPerformance`, [
    '--topic',
    'mirrored',
    ...perf,
    '--producer-props',
    `bootstrap.servers=${a.bootstrap}`,
  ]);
  await producer.ended;
  const maker = startJava(kafka, MIRROR, [file]);
  try {
    const mirrored = async (): Promise<string[]> => readTopic(kafka, b.bootstrap, 'A.mirrored');
    await maker.until(async () => (await mirrored()).length === RECORDS, 120_000);
    await run(
      `${TOOLS}consumer.ConsoleConsumer`,
      a.bootstrap,
      '--topic',
      'mirrored',
      '--from-beginning',
      '--group',
      'readers',
      '--max-messages',
      String(RECORDS),
    );
    const groups = (): Promise<string> =>
      run(`${TOOLS}consumer.group.ConsumerGroupCommand`, b.bootstrap, '--describe', '--group', 'readers', '--offsets');
    const groupLine = async (): Promise<string | undefined> => /readers\s+A\.mirrored.*/.exec(await groups())?.[0];
    await maker.until(async () => (await groupLine())?.split(/\s+/)[3] === String(RECORDS), 60_000);
    account.set('group at B', (await groupLine())!.replaceAll(/\s+/g, ' '));
    await until(
      async () =>
        (await readTopic(kafka, b.bootstrap, 'heartbeats', { formatter: `${FORMATTERS}HeartbeatFormatter` })).length >
        0,
    );
    await maker.stop();
    await noteTopics(kafka, a.bootstrap, account, 'A: ');
    await noteTopics(kafka, b.bootstrap, account, 'B: ');
    const last = (lines: readonly string[]): string =>
      lines.at(-1)?.replaceAll(/timestamp=\d+/g, 'timestamp=X') ?? 'none';
    const read = (cluster: Cluster, topic: string, formatter: string): Promise<string[]> =>
      readTopic(kafka, cluster.bootstrap, topic, { formatter: FORMATTERS + formatter });
    account.set('heartbeats', last(await read(b, 'heartbeats', 'HeartbeatFormatter')));
    account.set('checkpoints', last(await read(b, 'A.checkpoints.internal', 'CheckpointFormatter')));
    account.set('offset syncs', last(await read(a, 'mm2-offset-syncs.B.internal', 'OffsetSyncFormatter')));
    const same = JSON.stringify(await readTopic(kafka, a.bootstrap, 'mirrored')) === JSON.stringify(await mirrored());
    account.set('records', same ? 'the same' : 'others');
    return account;
  } catch (error) {
    throw new Error(`${side}: ${error}\n${maker.log().slice(-3_000)}`);
  } finally {
    await maker.stop('SIGKILL');
    await Promise.all([a.stop(), b.stop()]);
    removeDir(folder);
  }
}
