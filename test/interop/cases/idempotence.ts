import fs from 'node:fs';
import path from 'node:path';
import { DeleteRecords } from '@odradek/protocol/messages/delete-records';
import { DescribeConfigs } from '@odradek/protocol/messages/describe-configs';
import { DescribeProducers } from '@odradek/protocol/messages/describe-producers';
import { IncrementalAlterConfigs } from '@odradek/protocol/messages/incremental-alter-configs';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import { Produce } from '@odradek/protocol/messages/produce';
import { addToSequence } from '@odradek/protocol/records/batch';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import type { Both, Pair, SendOptions } from '../both';
import { differences } from '../diff';
import type { Scenario } from '../main';
import { BASE_TIME_MS, batch } from '../records';
import type { SideName } from '../world';
import { forgetKilled, untilLed } from '../zookeeper';
import { untilThereIsABlock } from './ids';

const MAX_SEQUENCE = 0x7fffffff;
const OUT_OF_ORDER = 45;
const BROKER = 4;
const EXPIRATION = 'producer.id.expiration.ms';

interface From {
  readonly epoch?: number;
  readonly count?: number;
  readonly timestamp?: number;
  readonly version?: number;
  readonly topic: string;
}

type Appended = ResponseOf<typeof Produce>['responses'][number]['partitionResponses'][number];

/** Sends a batch of a producer from this sequence on. */
async function append(
  both: Both,
  producerId: number,
  baseSequence: number,
  { epoch = 0, count = 1, timestamp = BASE_TIME_MS, version = 9, topic }: From,
  note = '',
  except?: SendOptions['except'],
): Promise<Pair<Appended>> {
  const records = batch(count, { producerId, producerEpoch: epoch, baseSequence }, { timestamp });
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
  const what = `${topic}: producer ${producerId}, epoch ${epoch}, ${baseSequence} × ${count}${note && `, ${note}`}`;
  const request = { acks: -1, timeoutMs: 5000, topicData };
  const answers = await both.send(Produce, version, request, { note: what, ...(except && { except }) });
  const of = (side: SideName): Appended => answers[side].responses[0]!.partitionResponses[0]!;
  return { ours: of('ours'), apache: of('apache') };
}

/**
 * Sends again what was appended at `offset` before a restart. Apache's broker knows the last batch of a snapshot, ours
 * the last five (docs/decisions/0011): where it is out of order there, ours may say where it lies.
 */
async function again(both: Both, baseSequence: number, from: From, offset: number, note: string): Promise<void> {
  const except = { paths: ['responses'], why: 'compared here' };
  const { ours, apache } = await append(both, 400, baseSequence, from, note, except);
  const isKnown = ours.errorCode === 0 && ours.baseOffset === offset;
  if (apache.errorCode === OUT_OF_ORDER && isKnown) return;
  both.report(`${from.topic}: ${baseSequence} again, ${note}`, differences('Produce', ours, apache));
}

async function describe(both: Both, topic: string, note: string): Promise<Pair<number>> {
  const request = { topics: [{ name: topic, partitionIndexes: [0] }] };
  const answers = await both.send(DescribeProducers, 0, request, { note: `${topic}: ${note}` });
  const countOf = (side: SideName): number => answers[side].topics[0]!.partitions[0]!.activeProducers.length;
  return { ours: countOf('ours'), apache: countOf('apache') };
}

/** A long walk of three producers, mostly right and often a little wrong: whatever Apache says, we say. */
async function walk(both: Both): Promise<void> {
  const topic = 'idempotence-walk';
  await both.createTopic(topic, { configs: { 'segment.bytes': '3000' } });
  let state = 7;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const producers = [0, 1, 2].map((index) => ({
    id: 300 + index,
    epoch: index,
    next: index === 2 ? MAX_SEQUENCE - 9 : 0,
  }));
  for (let step = 0; step < 600; step++) {
    const producer = producers[below(3)]!;
    const count = 1 + below(3);
    const version = 3 + below(9);
    const turn = below(20);
    let { epoch, next: sequence } = producer;
    if (turn < 4) sequence -= below(8);
    else if (turn === 4) sequence = addToSequence(sequence, 1 + below(3));
    else if (turn === 5) epoch -= 1;
    else if (turn === 6) [epoch, sequence] = [epoch + 1, below(2)];
    if (sequence < 0 || epoch < 0) continue;
    const { apache } = await append(both, producer.id, sequence, { epoch, count, version, topic }, `step ${step}`);
    if (apache.errorCode !== 0 || turn < 4) continue;
    producer.epoch = epoch;
    producer.next = addToSequence(sequence, count);
  }
  await describe(both, topic, 'after the walk');
  compareSnapshots(both, topic, 'after the walk');
}

/** Producers of each snapshot file, byte by byte. */
function snapshotsOf(both: Both, topic: string, side: SideName): Record<string, unknown> {
  const folder = path.join(both.world.sides[side].logDir, `${topic}-0`);
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.snapshot'));
  return Object.fromEntries(names.sort().map((name) => [name, entriesOf(fs.readFileSync(path.join(folder, name)))]));
}

const HEADER_BYTES = 10;
const ENTRY_BYTES = 46;

function entriesOf(b: Buffer): unknown {
  const entries: string[] = [];
  for (let at = HEADER_BYTES; at < b.length; at += ENTRY_BYTES) entries.push(b.toString('hex', at, at + ENTRY_BYTES));
  return { header: b.toString('hex', 0, HEADER_BYTES), entries };
}

function compareSnapshots(both: Both, topic: string, note: string): void {
  both.compared++;
  const [ours, apache] = [snapshotsOf(both, topic, 'ours'), snapshotsOf(both, topic, 'apache')];
  both.report(`snapshots of ${topic} ${note}`, differences('snapshots', ours, apache));
}

/** What is remembered over ends of the broker, clean and not: of a snapshot the last batch of each producer. */
async function restarts(both: Both): Promise<void> {
  const topics = ['idempotence-restart', 'idempotence-restart-rolled'];
  await both.createTopic(topics[0]!);
  await both.createTopic(topics[1]!, { configs: { 'segment.bytes': '400' } });
  await untilThereIsABlock(both);
  const newId = async (): Promise<Pair<number>> => {
    await untilThereIsABlock(both);
    const request = { transactionalId: null, transactionTimeoutMs: 1000 };
    const answers = await both.send(InitProducerId, 4, request, { note: 'a new id' });
    return { ours: answers.ours.producerId, apache: answers.apache.producerId };
  };
  const timestamp = Date.now();
  let last = await newId();
  const offsets = new Map<string, number>();
  for (const [round, end] of (['SIGTERM', 'SIGKILL', 'SIGTERM', 'SIGKILL'] as const).entries()) {
    for (const topic of topics) {
      const from = { topic, timestamp, epoch: 1 };
      for (let sequence = round * 7; sequence < round * 7 + 7; sequence++) {
        const { apache } = await append(both, 400, sequence, from);
        offsets.set(`${topic} ${sequence}`, apache.baseOffset);
      }
      await append(both, 401, round * 4, { topic, timestamp, count: 4 });
      await append(both, 402 + round, MAX_SEQUENCE - 1, { ...from, count: 2 });
      // Of long ago: not taken from a snapshot any more.
      await append(both, 420, round, { topic });
      await describe(both, topic, `before ${end}`);
    }
    const whileDown = async (): Promise<void> => {
      for (const topic of topics) compareSnapshots(both, topic, `after ${end}`);
      if (end === 'SIGKILL') await forgetKilled(both.world);
    };
    both.close();
    await both.world.restart(end, { whileDown });
    for (const topic of topics) {
      await untilLed(both.world, topic);
      const note = `${end} in round ${round}`;
      compareSnapshots(both, topic, `once started after ${end}`);
      await describe(both, topic, `after ${end}`);
      const from = { topic, timestamp, epoch: 1 };
      for (let sequence = round * 7 + 6; sequence >= round * 7; sequence--) {
        await again(both, sequence, from, offsets.get(`${topic} ${sequence}`)!, note);
      }
      await append(both, 400, round * 7 + 8, from, `a gap after ${note}`);
      await append(both, 400, 0, { ...from, epoch: 0 }, `an old epoch after ${note}`);
      await append(both, 401, round * 4, { topic, timestamp, count: 4 }, note);
      await append(both, 401, round * 4 + 2, { topic, timestamp, count: 2 }, `a part again after ${note}`);
      await append(both, 402 + round, 0, from, `wraps after ${note}`);
      await append(both, 420, round, { topic }, `of long ago after ${note}`);
      await append(both, 421 + round, 17, from, `unknown after ${note}`);
    }
    const next = await newId();
    both.compared++;
    const lines = (['ours', 'apache'] as const)
      .filter((side) => next[side] <= last[side])
      .map((side) => `${side}: ${next[side]} after ${last[side]}`);
    both.report(`a new producer id after ${end}`, lines);
    last = next;
  }
}

/** Producers that have written nothing for a while are forgotten, by their records' own clock. */
async function expiry(both: Both): Promise<void> {
  const topic = 'idempotence-expiry';
  await both.createTopic(topic);
  both.close();
  await both.world.restart('SIGTERM', { settings: { 'producer.id.expiration.check.interval.ms': 100 } });
  await untilLed(both.world, topic);
  const setExpiration = (value: string | null) => {
    const config = { name: EXPIRATION, configOperation: value === null ? 1 : 0, value };
    const resources = [{ resourceType: BROKER, resourceName: '', configs: [config] }];
    return both.send(IncrementalAlterConfigs, 1, { resources, validateOnly: false }, { note: `expire after ${value}` });
  };
  const untilSet = async (value: string): Promise<void> => {
    const resources = [{ resourceType: BROKER, resourceName: '0', configurationKeys: [EXPIRATION] }];
    const everything = { paths: ['results'], why: 'each broker hears of it at its own time' };
    for (let tries = 0; tries < 200; tries++) {
      const answers = await both.send(DescribeConfigs, 1, { resources }, { except: everything });
      const values = [answers.ours, answers.apache].map(({ results }) => results[0]!.configs[0]!.value);
      if (values.every((found) => found === value)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`never ${value}`);
  };
  const untilActive = async (count: number): Promise<void> => {
    const request = { topics: [{ name: topic, partitionIndexes: [0] }] };
    const everything = { paths: ['topics'], why: 'each broker looks at its own time' };
    for (let tries = 0; tries < 200; tries++) {
      const answers = await both.send(DescribeProducers, 0, request, { except: everything });
      const counts = [answers.ours, answers.apache].map(
        ({ topics }) => topics[0]!.partitions[0]!.activeProducers.length,
      );
      if (counts.every((found) => found === count)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`never ${count} producers`);
  };
  const timestamp = Date.now();
  await append(both, 500, 0, { topic, timestamp, count: 3, epoch: 4 });
  await append(both, 501, 0, { topic, count: 3, epoch: 4 });
  await untilActive(1);
  await describe(both, topic, 'the one of long ago is forgotten');
  await append(both, 501, 0, { topic, count: 3, epoch: 4 }, 'a duplicate of what is forgotten');
  await untilActive(1);
  await append(both, 501, 90, { topic, epoch: 1 }, 'an older epoch, and any sequence');
  await append(both, 500, 2, { topic, timestamp, epoch: 4 }, 'out of order');
  await setExpiration('1000');
  await untilActive(0);
  await append(both, 500, 70, { topic, timestamp, epoch: 2 }, 'forgotten, too');
  await untilActive(0);
  await setExpiration(null);
  await untilSet('86400000');
  await append(both, 500, 2, { topic, timestamp, epoch: 4 }, 'once they are remembered again');
  both.close();
  await both.world.restart('SIGTERM');
  await untilLed(both.world, topic);
  await describe(both, topic, 'after a restart');
}

/** So many producers that a table of them grows, with ids of all sizes. */
async function many(both: Both): Promise<void> {
  const topic = 'idempotence-many';
  await both.createTopic(topic, { configs: { 'segment.bytes': '1500' } });
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < 60; index++) {
      const producerId = [7_000 + ((index * 37) % 60), 65_536 * index + 3, 2 ** 32 * index + 5][index % 3]!;
      await append(both, producerId, round, { topic, timestamp: Date.now() });
    }
    compareSnapshots(both, topic, `in round ${round}`);
  }
}

/** Records go by retention and DeleteRecords; their producers stay known. */
async function deleted(both: Both): Promise<void> {
  const topic = 'idempotence-deleted';
  await both.createTopic(topic, { configs: { 'segment.bytes': '300' } });
  for (let sequence = 0; sequence < 8; sequence += 2) await append(both, 600, sequence, { topic, count: 2 });
  await append(both, 601, 0, { topic, count: 2 });
  for (const offset of [3, 8, -1]) {
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, offset }] }];
    await both.send(DeleteRecords, 2, { topics, timeoutMs: 5000 }, { note: `below ${offset}` });
    await describe(both, topic, `below ${offset} all is deleted`);
    for (let sequence = 0; sequence < 8; sequence += 2) {
      await append(both, 600, sequence, { topic, count: 2 }, `below ${offset} all is deleted`);
    }
    await append(both, 601, 0, { topic, count: 2 }, `below ${offset} all is deleted`);
    compareSnapshots(both, topic, `below ${offset} all is deleted`);
  }
  await append(both, 600, 8, { topic });
  await append(both, 601, 2, { topic });
}

export const idempotence: readonly Scenario[] = [
  { name: 'idempotence: a walk', run: walk },
  { name: 'idempotence: many producers', run: many },
  { name: 'idempotence: records are deleted', run: deleted },
  { name: 'idempotence: restarts', run: restarts },
  { name: 'idempotence: expiry', run: expiry },
];
