import path from 'node:path';
import { Kafka as Client, logLevel } from 'kafkajs';
import { removeDir, type ServerProcess, tempDir, writeProperties } from '../../support/process';
import type { Kafka, Side } from '../mixed/member';
import { startJava } from '../transactions/java';
import { type Account, ends, noteTopics, output, readTopic } from './account';
import { Cluster } from './cluster';

export const MAKER = 'org.apache.kafka.connect.mirror.MirrorMaker';
const GROUPS = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';
const PARTITIONS = 3;
/** Records of every partition before the mirror starts, and in the end. */
const [BEFORE, ALL] = [200, 250];
const PATIENCE_MS = 300_000;
const SETTINGS = { 'max.message.bytes': '1234567', 'retention.ms': '123456789', 'cleanup.policy': 'compact,delete' };

/** Apache's MirrorMaker 2 from one broker to another: topics, records, offsets of a group, heartbeats. */
export async function mirror(kafka: Kafka, side: Side): Promise<Account> {
  const account: Account = new Map();
  const folder = tempDir('mirror');
  const clusters: Cluster[] = [];
  let maker: ServerProcess | undefined;
  try {
    for (let started = 0; started < 2; started++) clusters.push(await Cluster.start(kafka, side, 1));
    const [source, target] = clusters as [Cluster, Cluster];
    const client = new Client({ brokers: [source.bootstrap], logLevel: logLevel.NOTHING });
    await create(client);
    await fill(client, 0, BEFORE);
    const file = path.join(folder, 'mm2.properties');
    writeProperties(file, makerSettings(source.bootstrap, target.bootstrap));
    maker = startJava(kafka, MAKER, [file]);
    await untilRead(kafka, target, maker, BEFORE);
    await fill(client, BEFORE, ALL);
    await untilRead(kafka, target, maker, ALL);
    await maker.until(
      async () => (await ends(kafka, target.bootstrap, 'src.heartbeats:0')).some(isFilled),
      PATIENCE_MS,
    );
    // Heartbeats come every second: who reads them until nothing more comes reads on for as long as the maker lives.
    await maker.stop();
    await note(kafka, source, target, account);
    return account;
  } catch (error) {
    throw new Error(`${side}: ${error}\n${maker?.log().slice(-3_000)}`);
  } finally {
    await maker?.stop('SIGKILL');
    await Promise.all(clusters.map((cluster) => cluster.stop()));
    removeDir(folder);
  }
}

/** What MirrorMaker is told: topic `mirrored` and group `readers` of one cluster, with what it keeps itself on so many brokers. */
export function makerSettings(source: string, target: string, replicas = 1): Record<string, string | number> {
  const replicated = ['', 'checkpoints.topic.', 'heartbeats.topic.', 'offset-syncs.topic.'];
  const stored = ['offset.storage.', 'status.storage.', 'config.storage.'];
  const often = ['emit.checkpoints', 'refresh.topics', 'refresh.groups', 'sync.topic.configs', 'sync.group.offsets'];
  return {
    clusters: 'src,dst',
    'src.bootstrap.servers': source,
    'dst.bootstrap.servers': target,
    'src->dst.enabled': 'true',
    'src->dst.topics': 'mirrored',
    'src->dst.groups': 'readers',
    'src->dst.sync.group.offsets.enabled': 'true',
    'dst->src.enabled': 'false',
    // The last record's place is told too, so that the offset of a group that has read all becomes the very same one: what a group
    // behind the end becomes is a matter of which places are remembered (KAFKA-14666).
    'offset.lag.max': 0,
    ...Object.fromEntries([...replicated, ...stored].map((of) => [`${of}replication.factor`, replicas])),
    ...Object.fromEntries(often.map((what) => [`${what}.interval.seconds`, 1])),
  };
}

async function create(client: Client): Promise<void> {
  const admin = client.admin();
  await admin.connect();
  const configEntries = Object.entries(SETTINGS).map(([name, value]) => ({ name, value }));
  await admin.createTopics({ topics: [{ topic: 'mirrored', numPartitions: PARTITIONS, configEntries }] });
  await admin.disconnect();
}

/** Fills every partition from one offset to another; a group that left has read it all. */
async function fill(client: Client, from: number, to: number): Promise<void> {
  const producer = client.producer();
  await producer.connect();
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const messages = Array.from({ length: to - from }, (_, index) => from + index).map((at) => ({
      partition,
      key: `${partition}/${at}`,
      value: at % 50 === 7 ? null : `value ${at}`,
      headers: at % 10 === 0 ? { at: String(at) } : {},
    }));
    await producer.send({ topic: 'mirrored', messages });
  }
  await producer.disconnect();
  const admin = client.admin();
  await admin.connect();
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, offset: String(to) }));
  await admin.setOffsets({ groupId: 'readers', topic: 'mirrored', partitions });
  await admin.disconnect();
}

async function untilRead(kafka: Kafka, target: Cluster, maker: ServerProcess, offset: number): Promise<void> {
  const isSo = async (): Promise<boolean> => {
    const lines = await groupLines(kafka, target);
    return lines.length === PARTITIONS && lines.every((line) => line.split(' ')[3] === String(offset));
  };
  await maker.until(isSo, PATIENCE_MS);
}

/** What the target knows of the group: group, topic, partition, offset, end, lag. Asking this makes no topic. */
async function groupLines(kafka: Kafka, { bootstrap }: Cluster): Promise<string[]> {
  const lines = await output(kafka, GROUPS, ['--bootstrap-server', bootstrap, '--describe', '--group', 'readers']);
  const ours = lines.filter((line) => line.startsWith('readers'));
  return ours.map((line) => line.split(/\s+/).slice(0, 6).join(' ')).sort();
}

const isFilled = (end: string): boolean => Number(end.split(':')[2]) > 0;

async function note(kafka: Kafka, source: Cluster, target: Cluster, account: Account): Promise<void> {
  await noteTopics(kafka, source.bootstrap, account, 'source ');
  await noteTopics(kafka, target.bootstrap, account, 'target ');
  account.set('group', (await groupLines(kafka, target)).join('\n'));
  const exact = ['print.offset', 'print.timestamp'];
  const original = (await readTopic(kafka, source.bootstrap, 'mirrored', { shown: exact })).sort();
  const copy = (await readTopic(kafka, target.bootstrap, 'src.mirrored', { shown: exact })).sort();
  account.set('copy', copy.length > 0 && copy.join('\n') === original.join('\n') ? 'exact' : 'different');
  account.set('records', (await readTopic(kafka, target.bootstrap, 'src.mirrored')).sort().join('\n'));
  const formatted = async (cluster: Cluster, topic: string, kind: string): Promise<void> => {
    const formatter = `org.apache.kafka.connect.mirror.formatters.${kind}Formatter`;
    const lines = await readTopic(kafka, cluster.bootstrap, topic, { formatter });
    // The last of every partition: how many came before it is a matter of time, as are heartbeats.
    const lasts = new Map(lines.map((line) => [/topicPartition=([^,}]*)/.exec(line)?.[1], line]));
    lasts.delete('heartbeats-0');
    account.set(
      topic,
      [...lasts.values()]
        .sort()
        .join('\n')
        .replaceAll(/timestamp=\d+/g, 'timestamp=X'),
    );
  };
  await formatted(target, 'heartbeats', 'Heartbeat');
  await formatted(target, 'src.heartbeats', 'Heartbeat');
  await formatted(target, 'src.checkpoints.internal', 'Checkpoint');
  await formatted(source, 'mm2-offset-syncs.dst.internal', 'OffsetSync');
}
