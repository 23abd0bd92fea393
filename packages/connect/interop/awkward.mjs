// What workers make of connectors, transformations and converters that fail: statuses, what comes through, dead letters, logs.
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';

const STRING = 'org.apache.kafka.connect.storage.StringConverter';
const AWKWARD_STRING = 'example.Awkward$AwkwardConverter';
const transformed = { transforms: 'awkward', 'transforms.awkward.type': 'example.Awkward$AwkwardTransform' };
const tolerant = {
  'errors.tolerance': 'all',
  'errors.log.enable': 'true',
  'errors.log.include.messages': 'true',
};
const source = (topic, records, more = {}) => ({
  'connector.class': 'example.Awkward',
  'tasks.max': '1',
  topic: `TOPIC-${topic}`,
  records: records.join(','),
  'key.converter': STRING,
  'value.converter': AWKWARD_STRING,
  ...more,
});
const sink = (topic, file, more = {}) => ({
  'connector.class': 'example.Awkward$AwkwardSink',
  'tasks.max': '1',
  topics: `TOPIC-${topic}`,
  file: `FOLDER/${file}`,
  'key.converter': STRING,
  'value.converter': AWKWARD_STRING,
  'header.converter': STRING,
  ...more,
});
const deadLetters = (topic, more = {}) => ({
  ...tolerant,
  'errors.deadletterqueue.topic.name': `TOPIC-${topic}`,
  'errors.deadletterqueue.topic.replication.factor': '1',
  'errors.deadletterqueue.context.headers.enable': 'true',
  ...more,
});

/** So many records of a topic, as lines of text; frames of stacks are left out. */
async function recordsOf(bootstrap, topic, count) {
  const kafka = new kafkajs.Kafka({ brokers: bootstrap.split(','), logLevel: kafkajs.logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `reader-of-${topic}` });
  const text = (bytes) =>
    bytes === null || bytes === undefined ? 'null' : String(bytes).replace(/\n\s+(at |\.\.\. )[^\n]*/g, '');
  const lines = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((resolve) => {
    const late = setTimeout(resolve, 30_000);
    consumer.run({
      eachMessage: async ({ message: { key, value, headers, timestamp } }) => {
        const shown = Object.entries(headers).flatMap(([name, bytes]) =>
          [bytes].flat().map((each) => `${name}=${text(each)}`),
        );
        lines.push(`${text(key)} ${text(value)} ${timestamp}\n${shown.join('\n')}`);
        if (lines.length < count) return;
        clearTimeout(late);
        resolve();
      },
    });
  });
  await consumer.disconnect();
  return lines;
}

async function tasksOf({ call, until }) {
  for (const configs of ['one', 'none']) {
    await call('POST', '/connectors', { name: `tasks-${configs}`, config: source('tasks', ['a'], { configs }) });
    if (configs === 'one') await until(`/connectors/tasks-${configs}/tasks/0/status`, 'RUNNING');
    for (const at of ['/status', '/tasks']) await call('GET', `/connectors/tasks-${configs}${at}`);
  }
  for (const where of ['start', 'task']) {
    const config = source('tasks', ['a'], { throws: where });
    await call('POST', '/connectors', { name: `throws-${where}`, config });
    await until(`/connectors/throws-${where}/status`, '"state":"FAILED"');
    await call('GET', `/connectors/throws-${where}/status`);
  }
  await call('POST', '/connectors/throws-start/restart');
  await call('POST', '/connectors', { name: 'polls', config: source('tasks', ['a'], { poll: 'throw' }) });
  await until('/connectors/polls/status', '"state":"FAILED"');
  await call('GET', '/connectors/polls/status');
  await call('POST', '/connectors', { name: 'polls-on', config: source('polled', ['a', 'b'], { poll: 'retriable' }) });
  await until('/connectors/polls-on/topics', 'polled');
  await call('GET', '/connectors/polls-on/status');
}

const BAD = [
  'one',
  'transform-throw',
  'transform-data',
  'transform-never',
  'transform-null',
  'transform-retriable',
  'convert-throw',
  'two',
];

async function sources(world) {
  const { call, until } = world;
  await call(
    'PUT',
    '/connectors/bad-source/config',
    source('bad', BAD, { ...transformed, ...tolerant, 'errors.retry.timeout': '1500' }),
  );
  await until('/connectors/bad-source/topics', 'bad');
  await dump(world, 'bad', 3);
  await call('GET', '/connectors/bad-source/status');
  for (const [index, text] of BAD.slice(1).entries()) {
    const config = source(`strict-${index}`, ['first', text, 'last'], transformed);
    await call('PUT', `/connectors/strict-${index}/config`, config);
    // What may pass fails no task of Apache's, once it has been tried for long enough: the record is left out.
    if (text === 'transform-never' || text === 'transform-retriable') continue;
    const fails = text !== 'transform-null' && text !== 'two';
    if (fails) await until(`/connectors/strict-${index}/status`, '"state":"FAILED"');
    else await dump(world, `strict-${index}`, text === 'two' ? 3 : 2);
    await call('GET', `/connectors/strict-${index}/status`);
  }
}

const dump = async ({ note, bootstrap, prefix }, topic, count) =>
  note(`records of ${topic}`, (await recordsOf(bootstrap, `${prefix}${topic}`, count)).join('\n'));

/** A file's text, once it ends so. */
async function holding(file, end) {
  const read = () => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');
  const deadlineMs = Date.now() + 60_000;
  while (!read().endsWith(end) && Date.now() < deadlineMs) await sleep(100);
  return read();
}

const RAW = [
  'one',
  'transform-throw',
  'transform-data',
  'transform-never',
  'transform-null',
  'transform-retriable',
  'transform-topic',
  'convert-back',
  'put-retriable',
  'put-report',
  'put-null',
  'transform-throw again',
  'convert-back again',
  'two',
];

async function sinks(world) {
  const { call, until, note, folder } = world;
  await call('PUT', '/connectors/raw-source/config', source('raw-texts', RAW));
  const letters = deadLetters('letters', { 'errors.retry.timeout': '1500' });
  await call('PUT', '/connectors/letters/config', sink('raw-texts', 'letters.txt', { ...transformed, ...letters }));
  await dump(world, 'letters', 8);
  await until('/connectors/letters/status', 'RUNNING');
  // How often lines come again depends on who was read with whom.
  note('letters.txt', [...new Set((await holding(`${folder}/letters.txt`, 'two\n')).split('\n'))].join('\n'));
  await call('GET', '/connectors/letters/topics');
  const json = { 'value.converter': 'org.apache.kafka.connect.json.JsonConverter' };
  const unparsed = deadLetters('unparsed', { ...json, 'errors.retry.timeout': '-1' });
  await call('PUT', '/connectors/unparsed/config', sink('raw-texts', 'unparsed.txt', unparsed));
  await dump(world, 'unparsed', RAW.length);
  const keys = { 'key.converter': 'org.apache.kafka.connect.converters.LongConverter' };
  const untold = deadLetters('untold', { ...keys, 'errors.deadletterqueue.context.headers.enable': 'false' });
  await call('PUT', '/connectors/untold/config', sink('raw-texts', 'untold.txt', untold));
  await dump(world, 'untold', RAW.length);
  const headers = { 'header.converter': 'org.apache.kafka.connect.converters.LongConverter' };
  const shown = deadLetters('headers', { ...headers, 'errors.log.include.messages': 'false' });
  await call('PUT', '/connectors/headers/config', sink('raw-texts', 'headers.txt', shown));
  await dump(world, 'headers', RAW.length);
  for (const [name, text] of [
    ['throws', 'put-throw'],
    ['connects', 'put-connect'],
  ]) {
    await call('PUT', `/connectors/source-${name}/config`, source(`raw-${name}`, ['one', text, 'two']));
    const config = sink(`raw-${name}`, `${name}.txt`, deadLetters(`dead-${name}`));
    await call('PUT', `/connectors/${name}/config`, config);
    await until(`/connectors/${name}/status`, '"state":"FAILED"');
    await call('GET', `/connectors/${name}/status`);
  }
  for (const [name, more] of [
    ['strict-transform', transformed],
    ['strict-converter', json],
    ['strict-key', { ...keys, ...deadLetters('strict-letters'), 'errors.tolerance': 'none' }],
  ]) {
    await call('PUT', `/connectors/${name}/config`, sink('raw-texts', `${name}.txt`, more));
    await until(`/connectors/${name}/status`, '"state":"FAILED"');
    await call('GET', `/connectors/${name}/status`);
  }
  await dump(world, 'strict-letters', 1);
  await call('PUT', '/connectors/report-source/config', source('raw-report', ['one', 'put-report', 'two']));
  await call(
    'PUT',
    '/connectors/strict-report/config',
    sink('raw-report', 'strict-report.txt', { 'errors.log.enable': 'true' }),
  );
  await until('/connectors/strict-report/status', '"state":"FAILED"');
  await call('GET', '/connectors/strict-report/status');
}

/** What the log tells of errors in tasks. */
function logged({ note, log }) {
  const lines = log()
    .split('\n')
    .filter((line) => line.includes('Error encountered in task'))
    .map((line) => line.replace(/^\[[^\]]*\] /, ''));
  for (const task of ['bad-source-0', 'letters-0', 'headers-0', 'strict-key-0']) {
    note(`log of ${task}`, lines.filter((line) => line.includes(`in task ${task}.`)).join('\n'));
  }
}

export async function awkward(world) {
  await tasksOf(world);
  await sources(world);
  await sinks(world);
  logged(world);
}
