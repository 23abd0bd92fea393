/**
 * The groups that the comparison works on: some at rest, which a case may change and which are put back before each
 * command, and some with members, which are console consumers of ours.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';

const LONG_TOPIC = 'grp-topic-whose-name-is-longer-than-a-column-is-wide';
const FIRST_TIMESTAMP = 1_700_000_000_000;
/** Longer than the session of a member that another run did not end. */
const MEMBERS_WAIT_MS = 60_000;

const TOPICS = [
  { topic: 'grp-a', numPartitions: 3 },
  { topic: 'grp-b', numPartitions: 1 },
  { topic: 'grp-empty', numPartitions: 2 },
  { topic: LONG_TOPIC, numPartitions: 2 },
];

const AT_REST = [
  'rest1,grp-a,0,2',
  'rest1,grp-a,1,5',
  'rest1,grp-a,2,10',
  'rest1,grp-b,0,3',
  'rest2,grp-b,0,0',
  `rest2,${LONG_TOPIC},1,1`,
  'group-at-rest.with-a-rather-long-name,grp-a,0,4',
  'rest-empty,grp-empty,0,0',
];
const GROUPS = [...new Set(AT_REST.map((line) => line.split(',')[0]))];

const MEMBERS = [
  ['--group', 'live', '--topic', 'grp-a'],
  ['--group', 'live', '--topic', 'grp-a', '--consumer-property', 'group.instance.id=instance-1'],
  ['--group', 'live-too', '--include', 'grp-.*', '--consumer-property', 'client.id=another-client-of-a-long-name'],
  ['--group', 'idle', '--topic', 'grp-b'],
  ['--group', 'idle', '--topic', 'grp-b'],
];

export async function openGroups(server, dist) {
  const folder = mkdtempSync(join(tmpdir(), 'groups-'));
  const plan = join(folder, 'plan.csv');
  writeFileSync(plan, `${AT_REST.join('\n')}\n`);
  writeFileSync(join(folder, 'short.csv'), 'grp-a,0,1\ngrp-a,2,99\ngrp-b,0,-7\n');
  writeFileSync(join(folder, 'range.csv'), 'grp-a,0,1\ngrp-a,2,99\ngrp-b,0,4\n');
  writeFileSync(join(folder, 'long.csv'), 'grp-a,0,1,5\n');
  writeFileSync(join(folder, 'gap.csv'), 'grp-a,0,1\n\ngrp-b,0,4\n');
  writeFileSync(join(folder, 'quoted.csv'), '"grp-a",0,1\n"grp-b","0","2"\n');
  writeFileSync(join(folder, 'letters.csv'), 'grp-a,x,1\n');
  writeFileSync(join(folder, 'empty.csv'), '');
  const tool = (...argv) =>
    spawnSync(process.execPath, [join(dist, 'kafka-consumer-groups.js'), '--bootstrap-server', server, ...argv], {
      encoding: 'utf8',
    });
  await fillTopics(server);
  // Others, left by other cases, would stand in the order of keys that Java hashes by the addresses of enums.
  tool('--delete', '--all-groups');
  const groupArguments = GROUPS.flatMap((group) => ['--group', group]);
  const restore = () => {
    tool('--delete', ...groupArguments, '--group', 'fresh');
    tool('--reset-offsets', '--from-file', plan, ...groupArguments, '--execute');
  };
  restore();
  const members = MEMBERS.map((argv) =>
    spawn(process.execPath, [join(dist, 'kafka-console-consumer.js'), '--bootstrap-server', server, ...argv], {
      stdio: 'ignore',
    }),
  );
  // They leave their groups, so that the next run finds none but its own.
  const close = () => {
    for (const member of members) member.kill();
    rmSync(folder, { recursive: true });
  };
  try {
    await membersSettle(tool);
  } catch (error) {
    close();
    throw error;
  }
  return {
    folder,
    plan,
    /** Puts the groups at rest back to what they were. */
    restore,
    /** What the groups at rest, and the one that cases may make, have committed. */
    state: () => tool('--describe', ...groupArguments, '--group', 'fresh').stdout,
    close,
  };
}

async function fillTopics(server) {
  const kafka = new Kafka({ brokers: [server], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  // The records' times lie far back and shall not make them go.
  const configEntries = [{ name: 'retention.ms', value: '-1' }];
  const topics = TOPICS.map((topic) => ({ ...topic, configEntries }));
  const isNew = await admin.createTopics({ topics, waitForLeaders: true });
  await admin.disconnect();
  if (!isNew) return;
  const producer = kafka.producer();
  await producer.connect();
  const messages = (partition) =>
    Array.from({ length: 10 }, (_, index) => ({
      partition,
      key: `k${index}`,
      value: `p${partition} m${index}`,
      timestamp: String(FIRST_TIMESTAMP + index * 1_000),
    }));
  await producer.send({ topic: 'grp-a', messages: [0, 1, 2].flatMap(messages) });
  await producer.send({ topic: 'grp-b', messages: messages(0) });
  await producer.send({ topic: LONG_TOPIC, messages: messages(1) });
  await producer.disconnect();
}

/** Waits until every member has joined and has committed, so that no description finds the groups in motion. */
async function membersSettle(tool) {
  const deadline = Date.now() + MEMBERS_WAIT_MS;
  for (;;) {
    const args = ['--describe', '--group', 'live', '--group', 'live-too', '--group', 'idle', '--json'];
    const states = JSON.parse(tool(...args, '--members').stdout || '{"groups":[]}').groups;
    const offsets = JSON.parse(tool(...args).stdout || '{"groups":[]}').groups.flatMap((group) => group.offsets);
    const count = states.reduce((sum, { members }) => sum + members.length, 0);
    const isStable = states.every(({ state }) => state === 'Stable') && count === MEMBERS.length;
    if (isStable && offsets.length > 0 && offsets.every(({ currentOffset }) => currentOffset !== null)) return;
    if (Date.now() > deadline) throw new Error('The groups with members do not settle');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
