import { TutorialCluster } from './cluster';
import { started, typed } from './typed';

// Section 3 of the tutorials: producing and consuming, without groups.

const AT = '--bootstrap-server localhost:9092';
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const lines = (values: readonly (number | string)[]) => values.map((value) => `${value}\n`).join('');

let cluster: TutorialCluster;
beforeAll(async () => {
  cluster = await TutorialCluster.start();
});
afterAll(() => cluster?.stop());

const create = (topic: string, partitions = 1) =>
  cluster.type(`bin/kafka-topics.sh --create --topic ${topic} --partitions ${partitions} ${AT}`);
const produce = (topic: string, input: string, options = '') =>
  cluster.type(`bin/kafka-console-producer.sh --topic ${topic} ${AT} ${options}`, input);
const consume = (topic: string, count: number, options = '') =>
  cluster.type(
    `bin/kafka-console-consumer.sh --topic ${topic} --from-beginning --max-messages ${count} ${AT} ${options}`,
  );

/** The values of each partition of a topic, in the order in which they were read. */
async function valuesByPartition(topic: string, count: number): Promise<Map<string, string[]>> {
  const byPartition = new Map<string, string[]>();
  const output = await consume(topic, count, '--property print.partition=true');
  for (const line of output.trimEnd().split('\n')) {
    const [partition, value] = line.split('\t') as [string, string];
    byPartition.set(partition, [...(byPartition.get(partition) ?? []), value]);
  }
  return byPartition;
}

describe('3.1 the console producer', () => {
  test.each(['--bootstrap-server', '--broker-list'])('each line is a record (%s)', async (option) => {
    const topic = `lines${option}`;
    await cluster.type(`bin/kafka-console-producer.sh --topic ${topic} ${option} localhost:9092`, 'first\n\nthird\n');
    await expect(consume(topic, 3)).resolves.toBe('first\n\nthird\n');
  });

  test('prompts on a terminal', async () => {
    const line = `script -qec "bin/kafka-console-producer.sh --topic prompt ${AT}" /dev/null`;
    await expect(cluster.type(line, 'one\ntwo\n')).resolves.toMatch(/>>>/);
    await expect(consume('prompt', 2)).resolves.toBe('one\ntwo\n');
  });
});

describe('3.2 options of the producer', () => {
  test('acks, retries, producer properties, keys', async () => {
    await produce(
      'options',
      'a:1\nb:2:3\n',
      '--request-required-acks 1 --message-send-max-retries 50 --producer-property linger.ms=5 ' +
        '--property parse.key=true --property key.separator=:',
    );
    await expect(consume('options', 2, '--property print.key=true')).resolves.toBe('a\t1\nb\t2:3\n');
  });

  test('they are looked at: a line without a key, acks that do not exist', async () => {
    const keyed = `bin/kafka-console-producer.sh --topic options ${AT} --property parse.key=true`;
    const noKey = await typed(cluster, keyed, 'no key here\n');
    expect(noKey.stderr).toContain("No key separator found on line number 1: 'no key here'");
    const noAcks = await typed(
      cluster,
      `bin/kafka-console-producer.sh --topic options ${AT} --request-required-acks 7`,
    );
    expect(noAcks.code).toBe(1);
  });
});

test('3.3 the console consumer shows the lines, those to come too, and counts them on Ctrl-C', async () => {
  await produce('follow', lines(numbers(1, 3)));
  const consumer = started(cluster, `bin/kafka-console-consumer.sh --topic follow --from-beginning ${AT}`);
  await consumer.until(() => consumer.log() === '1\n2\n3\n');
  await produce('follow', 'four\n');
  await consumer.until(() => consumer.log() === '1\n2\n3\nfour\n');
  await consumer.stop('SIGINT');
  expect(consumer.log()).toBe('1\n2\n3\nfour\nProcessed a total of 4 messages\n');
});

test('3.5 lists of brokers, with blanks after the commas, quoted or as the note types them', async () => {
  const list = 'localhost:9092, localhost:9092, localhost:9092';
  await cluster.type(`bin/kafka-console-producer.sh --topic blanks --broker-list ${list}`, 'unquoted\n');
  await cluster.type(`bin/kafka-console-producer.sh --topic blanks --bootstrap-server "${list}"`, 'quoted\n');
  const line = 'bin/kafka-console-consumer.sh --topic blanks --from-beginning --max-messages 2 --bootstrap-server';
  await expect(cluster.type(`${line} ${list}`)).resolves.toBe('unquoted\nquoted\n');
  await expect(cluster.type(`${line} "${list}"`)).resolves.toBe('unquoted\nquoted\n');
});

describe('3.6 order', () => {
  test('one partition: all in order', async () => {
    await create('test1', 1);
    await produce('test1', lines(numbers(1, 8)));
    await expect(consume('test1', 8)).resolves.toBe(lines(numbers(1, 8)));
  });

  test('eight partitions: in order within each', async () => {
    await create('test8', 8);
    const keyed = '--property parse.key=true --property key.separator=:';
    await produce('test8', lines(numbers(1, 80).map((n) => `${n % 8}:${n}`)), keyed);
    const read = [...(await valuesByPartition('test8', 80)).values()].map((values) => values.map(Number));
    expect(read.length).toBeGreaterThan(1);
    expect(read.flat().sort((a, b) => a - b)).toEqual(numbers(1, 80));
    for (const values of read) expect(values).toEqual([...values].sort((a, b) => a - b));
  });
});

describe('3.7 keys', () => {
  test('the records of a key go to one partition, where the Java client would put them', async () => {
    await create('keyed', 8);
    const keyed = '--property parse.key=true --property key.separator=:';
    for (const round of [1, 2]) await produce('keyed', `a:a${round}\nb:b${round}\nc:c${round}\n`, keyed);
    // Where org.apache.kafka.clients.producer.internals.BuiltInPartitioner puts a, b and c.
    const partitions = { 'Partition:4': ['a1', 'b1', 'a2', 'b2'], 'Partition:2': ['c1', 'c2'] };
    const read = await valuesByPartition('keyed', 6);
    expect(Object.fromEntries(read)).toEqual(partitions);
  });

  test('records without a key are spread', async () => {
    await create('keyless', 8);
    // A keyless batch stays in one partition; the next goes to another: lines that fill a batch each.
    await produce('keyless', lines(numbers(1, 40).map((n) => `${n}${'.'.repeat(20_000)}`)));
    expect((await valuesByPartition('keyless', 40)).size).toBeGreaterThan(1);
  });
});

test.each(['0', '1', 'all'])('3.8 acks=%s: what is sent arrives', async (acks) => {
  await create(`acks-${acks}`);
  await produce(`acks-${acks}`, lines(numbers(1, 100)), `--request-required-acks ${acks}`);
  await expect(consume(`acks-${acks}`, 100)).resolves.toBe(lines(numbers(1, 100)));
});

test('3.10 kafka-verifiable-producer: JSON lines as Apache prints them', async () => {
  await create('topic3');
  const output = await cluster.type(`bin/kafka-verifiable-producer.sh --topic topic3 --max-messages 3 ${AT}`);
  const shape = output.replace(/("timestamp"|"avg_throughput"):[\d.]+/g, '$1:N');
  const sent = (n: number) =>
    `{"timestamp":N,"name":"producer_send_success","key":null,"value":"${n}","offset":${n},"topic":"topic3","partition":0}`;
  expect(shape.trimEnd().split('\n')).toEqual([
    '{"timestamp":N,"name":"startup_complete"}',
    ...[0, 1, 2].map(sent),
    '{"timestamp":N,"name":"shutdown_complete"}',
    '{"timestamp":N,"name":"tool_data","sent":3,"acked":3,"target_throughput":-1,"avg_throughput":N}',
  ]);
  await expect(consume('topic3', 3)).resolves.toBe('0\n1\n2\n');
});
