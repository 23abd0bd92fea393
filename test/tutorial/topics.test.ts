import { Kafka, logLevel } from 'kafkajs';
import { TutorialCluster } from './cluster';
import { typed } from './typed';

// Section 2 of the tutorials: topics.

const AT = '--bootstrap-server localhost:9092';
const DAY_MS = 86_400_000;

let cluster: TutorialCluster;
beforeAll(async () => {
  // Retention is looked after every 5 minutes, 30 seconds after the start for the first time: here at once and often.
  cluster = await TutorialCluster.start({ 'log.retention.check.interval.ms': 50, 'log.initial.task.delay.ms': 0 });
});
afterAll(() => cluster?.stop());

const topics = (words: string) => cluster.type(`bin/kafka-topics.sh ${words}`);
const refused = (words: string) => typed(cluster, `bin/kafka-topics.sh ${words}`);

test('2.1 --create', async () => {
  await expect(topics(`--create --topic quickstart-events ${AT}`)).resolves.toBe('Created topic quickstart-events.\n');
  const words = `--create --topic sized --partitions 3 --replication-factor 1 ${AT}`;
  await expect(topics(words)).resolves.toBe('Created topic sized.\n');
  await expect(topics(`--describe --topic sized ${AT}`)).resolves.toContain(
    '\tPartitionCount: 3\tReplicationFactor: 1\t',
  );

  const again = await refused(`--create --topic sized ${AT}`);
  expect({ code: again.code, stdout: again.stdout }).toEqual({
    code: 1,
    stdout: "Error while executing topic command : Topic 'sized' already exists.\n",
  });
});

test('2.2 --create --zookeeper, the older form', async () => {
  const words = '--create --zookeeper localhost:2181 --replication-factor 1 --partitions 8 --topic test8';
  await expect(topics(words)).resolves.toBe('Created topic test8.\n');
  // The controller finds it in ZooKeeper by itself, and elects leaders.
  await expect(cluster.type(`bin/kafka-console-producer.sh --topic test8 ${AT}`, 'here\n')).resolves.toBe('');
  await expect(topics(`--describe --topic test8 ${AT}`)).resolves.toMatch(/PartitionCount: 8(.*\n.*Leader: 0){8}/);
});

test('2.3 --list, through the broker and through ZooKeeper', async () => {
  for (const name of ['listed-b', 'listed-a']) await topics(`--create --topic ${name} ${AT}`);
  for (const at of [AT, '--zookeeper localhost:2181']) {
    const names = (await topics(`--list ${at}`)).trimEnd().split('\n');
    expect(names.filter((name) => name.startsWith('listed-'))).toEqual(['listed-a', 'listed-b']);
  }
});

test('2.4 --describe', async () => {
  await topics(`--create --topic described --partitions 2 --config retention.ms=1000 ${AT}`);
  const output = await topics(`--describe --topic described ${AT}`);
  expect(output.replace(/TopicId: [\w-]{22}\t/, 'TopicId: ID\t').split('\n')).toEqual([
    'Topic: described\tTopicId: ID\tPartitionCount: 2\tReplicationFactor: 1\tConfigs: retention.ms=1000',
    '\tTopic: described\tPartition: 0\tLeader: 0\tReplicas: 0\tIsr: 0\tElr: N/A\tLastKnownElr: N/A',
    '\tTopic: described\tPartition: 1\tLeader: 0\tReplicas: 0\tIsr: 0\tElr: N/A\tLastKnownElr: N/A',
    '',
  ]);
});

test('2.6 --alter adds partitions; fewer is refused', async () => {
  await topics(`--create --topic altered --partitions 2 ${AT}`);
  await topics(`--alter --topic altered --partitions 4 ${AT}`);
  await expect(topics(`--describe --topic altered ${AT}`)).resolves.toMatch(/PartitionCount: 4(.*\n.*Leader: 0){4}/);

  const { code, stdout } = await refused(`--alter --topic altered --partitions 3 ${AT}`);
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout:
      'Error while executing topic command : Topic currently has 4 partitions, which is higher than the requested 3.\n',
  });
});

describe('2.7 names', () => {
  const tooLong = 'x'.repeat(250);
  test.each([
    [
      'a b',
      "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
    ],
    [tooLong, `Topic name is invalid: the length of '${tooLong}' is longer than the max allowed length 249`],
  ])('%s is refused', async (name, reason) => {
    const { code, stdout } = await refused(`--create --topic '${name}' ${AT}`);
    expect({ code, stdout }).toEqual({ code: 1, stdout: `Error while executing topic command : ${reason}\n` });
  });

  test('the longest name, of every sort of character, is taken', async () => {
    const longest = `Az09-${'x'.repeat(244)}`;
    await expect(topics(`--create --topic ${longest} ${AT}`)).resolves.toBe(`Created topic ${longest}.\n`);
  });

  test('of . and _ it warns, and collisions are refused', async () => {
    const warning =
      "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. " +
      'To avoid issues it is best to use either, but not both.\n';
    await expect(topics(`--create --topic a.b_c ${AT}`)).resolves.toBe(`${warning}Created topic a.b_c.\n`);
    const { code, stdout } = await refused(`--create --topic a_b.c ${AT}`);
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: `${warning}Error while executing topic command : Topic 'a_b.c' collides with existing topics: a.b_c\n`,
    });
  });
});

describe('retention', () => {
  /** Writes three records that are so old already. */
  async function writeOldRecords(topic: string, ageDays: number): Promise<void> {
    const kafka = new Kafka({ brokers: [`localhost:${cluster.broker}`], logLevel: logLevel.NOTHING });
    const producer = kafka.producer();
    await producer.connect();
    const timestamp = String(Date.now() - ageDays * DAY_MS);
    await producer.send({ topic, messages: ['1', '2', '3'].map((value) => ({ value, timestamp })) });
    await producer.disconnect();
  }

  const earliest = (topic: string) => cluster.type(`bin/kafka-get-offsets.sh --topic ${topic} --time earliest ${AT}`);

  async function untilEarliest(topic: string, offset: number): Promise<void> {
    for (;;) if ((await earliest(topic)) === `${topic}:0:${offset}\n`) return;
  }

  test('2.8 kafka-configs --alter works at once, without a restart', async () => {
    await topics(`--create --topic topic3 ${AT}`);
    await writeOldRecords('topic3', 2);
    await expect(earliest('topic3')).resolves.toBe('topic3:0:0\n');
    const words = '--alter --entity-type topics --entity-name topic3 --add-config retention.ms=86400000';
    await expect(cluster.type(`bin/kafka-configs.sh ${words} ${AT}`)).resolves.toBe(
      'Completed updating config for topic topic3.\n',
    );
    await untilEarliest('topic3', 3);
  });

  test('2.9 log.retention.hours, 168: records outlive their consumption, and go after seven days', async () => {
    for (const topic of ['six-days', 'eight-days']) await topics(`--create --topic ${topic} ${AT}`);
    await writeOldRecords('six-days', 6);
    await writeOldRecords('eight-days', 8);
    await untilEarliest('eight-days', 3);
    const consume = `bin/kafka-console-consumer.sh --topic six-days --from-beginning --max-messages 3 ${AT}`;
    await expect(cluster.type(consume)).resolves.toBe('1\n2\n3\n');
    await expect(cluster.type(consume)).resolves.toBe('1\n2\n3\n');
  });
});
