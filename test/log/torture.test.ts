import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { seededBelow } from '@odradek/protocol/testing/seeded';
import { NodeDisk } from '../../packages/broker/src/env/node/disk';
import { ManualClock } from '../../packages/broker/src/env/testing/clock';
import type { PartitionLog } from '../../packages/broker/src/log/partition-log';
import { openLog } from '../../packages/broker/src/log/testing/fixture';
import { baseOffsetAt, forEachBatch, isCrcValidAt, lastOffsetAt } from '../../packages/protocol/src/records/batch';
import { buildBatch } from '../../packages/protocol/src/records/builder';

/** A log that a process was killed over, damaged at random places, must open with all that was whole before them. */
const ROUNDS = 100;
const CONFIG = { segmentBytes: 6000, indexIntervalBytes: 512, segmentIndexBytes: 4096 };

interface Place {
  readonly file: string;
  readonly end: number;
  readonly lastOffset: number;
}

let root: string;
let pristine: string;
let places: Place[];

const open = (dir: string, hadCleanShutdown: boolean): PartitionLog =>
  openLog(new NodeDisk(), new ManualClock(1e12), CONFIG, { dir, hadCleanShutdown });

beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'torture-'));
  pristine = path.join(root, 'pristine');
  fs.mkdirSync(pristine);
  const random = seededBelow(1);
  const log = open(pristine, true);
  for (let i = 0, sequence = 0; i < 120; i++) {
    const count = 1 + random(4);
    const records = Array.from({ length: count }, (_, n) => ({
      timestamp: 1e12 + i * 10 + n,
      value: Buffer.alloc(random(300), i),
    }));
    const compression = (['none', 'lz4', 'gzip'] as const)[i % 3];
    const batch = buildBatch({ compression, producerId: 1, producerEpoch: 0, baseSequence: sequence, records });
    log.appendAsLeader(batch, { leaderEpoch: Math.floor(i / 40), origin: 'client' });
    sequence += count;
  }
  log.abandon();
  places = findPlaces(path.join(pristine, 't-0'));
});

afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

function findPlaces(folder: string): Place[] {
  const found: Place[] = [];
  for (const file of fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort()) {
    const b = fs.readFileSync(path.join(folder, file));
    forEachBatch(b, (at, size) => found.push({ file, end: at + size, lastOffset: lastOffsetAt(b, at) }));
  }
  return found;
}

/** Damages a file and says from where on. */
function damage(file: string, random: (limit: number) => number): number {
  const size = fs.statSync(file).size;
  const at = random(size + 1);
  const fd = fs.openSync(file, 'r+');
  const kind = random(4);
  if (kind === 0) fs.ftruncateSync(fd, at);
  else if (kind === 1)
    fs.writeSync(fd, Buffer.alloc(Math.min(1 + random(64), Math.max(1, size - at)), 0), 0, undefined, at);
  else if (kind === 2)
    fs.writeSync(fd, Buffer.from(Array.from({ length: 1 + random(32) }, () => random(256))), 0, undefined, at);
  else fs.writeSync(fd, Buffer.alloc(1 + random(5000), random(256)), 0, undefined, size);
  fs.closeSync(fd);
  return kind === 3 ? size : at;
}

/** Reads everything as a consumer would; fails at a batch that is not whole, not right or out of order. */
function readOffsets(log: PartitionLog): number[] {
  const offsets: number[] = [];
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const { slice } = log.read(offset, { maxBytes: 1e9, minOneMessage: true, isolation: 'log-end' });
    const b = Buffer.alloc(slice.bytes);
    expect(slice.readInto(b, 0)).toBe(slice.bytes);
    let next = offset;
    const end = forEachBatch(b, (at) => {
      expect(isCrcValidAt(b, at)).toBe(true);
      for (let o = baseOffsetAt(b, at); o <= lastOffsetAt(b, at); o++) if (o >= offset) offsets.push(o);
      next = lastOffsetAt(b, at) + 1;
    });
    expect(end).toBe(b.length);
    if (next === offset) break;
    offset = next;
  }
  return offsets;
}

function damagedCopy(round: number, pick: (names: string[], random: (limit: number) => number) => string) {
  const random = seededBelow(round + 1000);
  const dir = path.join(root, `round-${round}`);
  fs.cpSync(pristine, dir, { recursive: true });
  const folder = path.join(dir, 't-0');
  const file = pick(fs.readdirSync(folder).sort(), random);
  return { dir, file, from: damage(path.join(folder, file), random) };
}

test('damaged segments: all before the damage is there, nothing bad is served, appending goes on', () => {
  for (let round = 0; round < ROUNDS; round++) {
    const logs = (names: string[], random: (limit: number) => number) => {
      const files = names.filter((name) => name.endsWith('.log'));
      return files[random(files.length)]!;
    };
    const { dir, file, from } = damagedCopy(round, logs);
    const whole = places.filter((place) => place.file < file || (place.file === file && place.end <= from));
    const lastWhole = whole.at(-1)?.lastOffset ?? -1;
    const log = open(dir, false);
    const offsets = readOffsets(log);
    expect(offsets.slice(0, lastWhole + 1)).toEqual(Array.from({ length: lastWhole + 1 }, (_, i) => i));
    expect(offsets).toEqual(Array.from({ length: log.logEndOffset }, (_, i) => i));
    const { logEndOffset } = log;
    log.appendAsLeader(buildBatch({ records: [{ timestamp: 2e12, value: Buffer.from('after') }] }), {
      leaderEpoch: 9,
      origin: 'client',
    });
    expect(readOffsets(log).at(-1)).toBe(logEndOffset);
    log.abandon();
    const again = open(dir, false);
    expect(again.logEndOffset).toBe(logEndOffset + 1);
    again.abandon();
    fs.rmSync(dir, { recursive: true });
  }
});

test('damaged indexes, snapshots and epochs: nothing is lost', () => {
  for (let round = 0; round < ROUNDS; round++) {
    const others = (names: string[], random: (limit: number) => number) => {
      const files = names.filter((name) => !name.endsWith('.log') && name !== 'partition.metadata');
      return files[random(files.length)]!;
    };
    const { dir } = damagedCopy(round, others);
    const log = open(dir, false);
    expect(readOffsets(log)).toHaveLength(places.at(-1)!.lastOffset + 1);
    expect(log.activeProducers()).toMatchObject([{ producerId: 1, lastSequence: places.at(-1)!.lastOffset }]);
    log.abandon();
    fs.rmSync(dir, { recursive: true });
  }
});

/** What is damaged below the recovery point is found when it is read, as with Apache's broker. */
function readOrCorrupt(log: PartitionLog, offset: number): void {
  try {
    log.read(offset, { maxBytes: 1000, minOneMessage: true, isolation: 'log-end' });
  } catch (error) {
    expect(error).toMatchObject({ error: 'CORRUPT_MESSAGE' });
  }
}

test('damage after a clean shutdown: the log opens and every offset can be asked for', () => {
  const closed = open(pristine, false);
  closed.close();
  for (let round = 0; round < ROUNDS; round++) {
    const any = (names: string[], random: (limit: number) => number) => names[random(names.length)]!;
    const { dir } = damagedCopy(round, any);
    const log = open(dir, true);
    for (let offset = log.logStartOffset; offset <= log.logEndOffset; offset += 7) {
      readOrCorrupt(log, offset);
    }
    log.appendAsLeader(buildBatch({ records: [{ timestamp: 2e12, value: null }] }), {
      leaderEpoch: 9,
      origin: 'client',
    });
    log.abandon();
    fs.rmSync(dir, { recursive: true });
  }
});
