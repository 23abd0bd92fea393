import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { KafkaError } from '@odradek/protocol/errors';
import { lastOffsetAt } from '@odradek/protocol/records/batch';
import { readRecords } from '@odradek/protocol/records/record';
import { type OptionSet, parseOptions } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import { parseInteger, parseLong } from '../java-integer';
import { splitAtCommas } from '../java-text';
import { type Io, println } from '../print';
import { exceptionClassOf, illegalArgument, ToolError } from '../tool-error';
import { decoderOf, decoderParser, type MessageParser, offsetsParser, transactionsParser } from './decoders';
import {
  checkOffsetIndex,
  checkTimeIndex,
  FileReader,
  readOffsetIndex,
  readTimeIndex,
  readWhole,
  transactionIndexLines,
} from './files';
import { DUMP_LOG_OPTIONS } from './options';
import { Problems } from './problems';
import { type BatchInFile, batchesOf, batchLine, checkSlice, type RecordFormat, recordLines } from './segment';
import { snapshotLines } from './snapshot';

type Options = OptionSet<typeof DUMP_LOG_OPTIONS>;

const INT_MAX = 0x7fffffff;
/** Of a snapshot's name: the numbers have leading zeros (Snapshots.filenameFromSnapshotId). */
const OFFSET_WIDTH = 20;
const EPOCH_WIDTH = 10;

/** The offset that a segment's file name begins with. */
const offsetOf = (path: string): number => parseLong(basename(path).split('.')[0]!);

const siblingOf = (path: string, suffix: string): string =>
  join(dirname(resolve(path)), basename(path).split('.')[0]! + suffix);

class Dumper {
  readonly problems = new Problems();
  private readonly printsContents: boolean;
  private readonly isDeep: boolean;

  constructor(
    private readonly options: Options,
    private readonly io: Io,
  ) {
    const decoders = [
      'offsets-decoder',
      'transaction-log-decoder',
      'value-decoder-class',
      'key-decoder-class',
    ] as const;
    this.printsContents = options.has('print-data-log') || decoders.some((name) => options.has(name));
    this.isDeep = options.has('deep-iteration') || this.printsContents;
  }

  /** Made anew for each log: a decoder that is not there is reported with the file that needs it. */
  private format(): RecordFormat {
    const skipsMetadata = this.options.has('skip-record-metadata');
    return { printsContents: this.printsContents, skipsMetadata, parser: this.parser() };
  }

  private parser(): MessageParser {
    const { options, io } = this;
    for (const name of ['cluster-metadata-decoder', 'remote-log-metadata-decoder'] as const) {
      if (options.has(name)) {
        throw illegalArgument(
          `--${name} is not supported: a ZooKeeper cluster without tiered storage has no such records`,
        );
      }
    }
    if (options.has('offsets-decoder')) return offsetsParser;
    if (options.has('transaction-log-decoder')) return transactionsParser;
    const value = decoderOf(options.valueOf('value-decoder-class')!, io);
    return decoderParser(decoderOf(options.valueOf('key-decoder-class')!, io), value);
  }

  dump(path: string): void {
    println(this.io.stdout, `Dumping ${path}`);
    const name = basename(path);
    switch (substring(name, name.lastIndexOf('.'), name.length)) {
      case '.log':
        this.dumpLog(path, () => `Log starting offset: ${offsetOf(path)}`);
        return;
      case '.checkpoint':
        this.dumpLog(path, () => snapshotTitle(name));
        return;
      case '.index':
        this.dumpIndex(path);
        return;
      case '.timeindex':
        this.dumpTimeIndex(path);
        return;
      case '.snapshot':
        this.dumpSnapshot(path);
        return;
      case '.txnindex':
        // It is opened where it is there (TransactionIndex): a segment without aborted transactions has none.
        if (!existsSync(path)) return;
        for (const line of transactionIndexLines(readWhole(path))) println(this.io.stdout, line);
        return;
      default:
        println(this.io.stderr, `Ignoring unknown file ${path}`);
    }
  }

  private dumpLog(path: string, title: () => string): void {
    const format = this.format();
    const maxBytes = this.options.valueOf('max-bytes')!;
    println(this.io.stdout, title());
    const file = new FileReader(path);
    let validBytes = 0;
    let lastOffset = -1;
    try {
      checkSlice(file, path, 0, maxBytes);
      for (const batch of batchesOf(file, path, 0, Math.min(file.size, maxBytes))) {
        println(this.io.stdout, batchLine(batch));
        validBytes += batch.bytes.length;
        if (!this.isDeep) continue;
        const onOffset = (offset: number): void => {
          if (lastOffset !== -1 && offset !== lastOffset + 1) {
            this.problems.gaps.add(path, `  ${lastOffset} is followed by ${offset}`);
          }
          lastOffset = offset;
        };
        const lines = recordLines(batch.bytes, format, onOffset, (begun) => this.io.stdout.write(begun));
        for (const line of lines) println(this.io.stdout, line);
      }
      const trailing = file.size - validBytes;
      if (trailing > 0 && maxBytes === INT_MAX) {
        println(this.io.stdout, `Found ${trailing} invalid bytes at the end of ${basename(path)}`);
      }
    } finally {
      file.close();
    }
  }

  private dumpIndex(path: string): void {
    const baseOffset = offsetOf(path);
    const log = new FileReader(siblingOf(path, '.log'));
    try {
      const bytes = readWhole(path);
      const entries = readOffsetIndex(bytes, baseOffset);
      if (entries.length === 0) {
        println(this.io.stdout, `${path} is empty.`);
        return;
      }
      if (this.options.has('index-sanity-check')) {
        checkOffsetIndex(resolve(path), bytes, baseOffset);
        println(this.io.stdout, `${path} passed sanity check.`);
        return;
      }
      for (const [at, { offset, position }] of entries.entries()) {
        // Room that was set aside and never used, or that a crash left: all zeros.
        if (offset === baseOffset && at > 0) return;
        const maxBytes = this.options.valueOf('max-message-size')!;
        checkSlice(log, siblingOf(path, '.log'), position, maxBytes);
        const end = Math.min(log.size, position + maxBytes);
        const [first] = batchesOf(log, siblingOf(path, '.log'), position, end);
        if (!first) throw new ToolError('java.util.NoSuchElementException', null);
        const found = lastOffsetAt(first.bytes, 0);
        if (found !== offset) {
          this.problems.indexMismatches.add(path, `  Index offset: ${offset}, log offset: ${found}`);
        }
        if (!this.options.has('verify-index-only')) println(this.io.stdout, `offset: ${offset} position: ${position}`);
      }
    } finally {
      log.close();
    }
  }

  private dumpTimeIndex(path: string): void {
    const baseOffset = offsetOf(path);
    const logPath = siblingOf(path, '.log');
    const log = new FileReader(logPath);
    try {
      const bytes = readWhole(path);
      const indexPath = siblingOf(path, '.index');
      // Java's tool would make the index, and cannot, where there is none.
      if (!existsSync(indexPath)) throw illegalArgument('Invalid max index size: -1');
      const entries = readTimeIndex(bytes, baseOffset);
      if (this.options.has('index-sanity-check')) {
        checkTimeIndex(resolve(path), bytes, baseOffset);
        println(this.io.stdout, `${path} passed sanity check.`);
        return;
      }
      const index = readOffsetIndex(readWhole(indexPath), baseOffset);
      let previous = -1;
      let nearest = 0;
      for (const [at, { timestamp, offset }] of entries.entries()) {
        if (offset === baseOffset && at > 0) return;
        // Both indexes ascend: what is near enough for one entry is where the search for the next begins.
        while (index[nearest + 1] && index[nearest + 1]!.offset > baseOffset && index[nearest + 1]!.offset <= offset) {
          nearest++;
        }
        const from = index[nearest] && index[nearest]!.offset <= offset ? index[nearest]!.position : 0;
        checkSlice(log, logPath, from, INT_MAX);
        const batch = firstReaching(batchesOf(log, logPath, from), offset);
        this.checkTimeEntry(path, { timestamp, offset }, previous, batch);
        if (!this.options.has('verify-index-only'))
          println(this.io.stdout, `timestamp: ${timestamp} offset: ${offset}`);
        previous = timestamp;
      }
    } finally {
      log.close();
    }
  }

  private checkTimeEntry(
    path: string,
    { timestamp, offset }: { timestamp: number; offset: number },
    previous: number,
    batch: BatchInFile | undefined,
  ): void {
    const found = batch ? lastOffsetAt(batch.bytes, 0) : -1;
    if (!batch || found !== offset) {
      this.problems.notFound.add(path, `Indexed offset: ${offset}, found log offset: ${found}`);
      return;
    }
    let latest = -1;
    for (const record of readRecords(batch.bytes, 0)) latest = Math.max(latest, record.timestamp);
    if (latest !== timestamp) {
      const line = `  Index timestamp: ${timestamp}, log timestamp: ${latest}`;
      this.problems.timestampMismatches.add(path, line);
    }
    if (previous >= timestamp) {
      const line = `  Index timestamp: ${timestamp}, Previously indexed timestamp: ${previous}`;
      this.problems.outOfOrder.add(path, line);
    }
  }

  private dumpSnapshot(path: string): void {
    try {
      for (const line of snapshotLines(readWhole(path))) println(this.io.stdout, line);
    } catch (thrown) {
      if (!(thrown instanceof ToolError) || !thrown.className.endsWith('CorruptSnapshotException')) throw thrown;
      println(this.io.stderr, thrown.message);
    }
  }
}

function firstReaching(batches: Iterable<BatchInFile>, offset: number): BatchInFile | undefined {
  for (const batch of batches) if (lastOffsetAt(batch.bytes, 0) >= offset) return batch;
  return undefined;
}

function snapshotTitle(name: string): string {
  if (name === 'bootstrap.checkpoint') return 'KRaft bootstrap snapshot';
  const endOffset = parseLong(substring(name, 0, OFFSET_WIDTH));
  const epoch = parseInteger(substring(name, OFFSET_WIDTH + 1, OFFSET_WIDTH + 1 + EPOCH_WIDTH));
  return `Snapshot end offset: ${endOffset}, epoch: ${epoch}`;
}

/** java.lang.String.substring. Throws `ToolError` as it does. */
function substring(text: string, begin: number, end: number): string {
  if (begin >= 0 && begin <= end && end <= text.length) return text.slice(begin, end);
  const class_ = 'java.lang.StringIndexOutOfBoundsException';
  throw new ToolError(class_, `begin ${begin}, end ${end}, length ${text.length}`);
}

/** kafka-dump-log (kafka.tools.DumpLogSegments). */
export async function dumpLog(argv: readonly string[], io: Io): Promise<number> {
  const options = parseOptions(DUMP_LOG_OPTIONS, argv);
  const usage = usageOf(options, io);
  usage.helpOrVersion(
    argv,
    'This tool helps to parse a log file and dump its contents to the console, useful for debugging a seemingly corrupt log segment.',
  );
  usage.require('files');
  const dumper = new Dumper(options, io);
  try {
    for (const path of splitAtCommas(options.valueOf('files')!)) dumper.dump(path);
  } catch (thrown) {
    if (!(thrown instanceof KafkaError)) throw thrown;
    throw new ToolError(exceptionClassOf(thrown.error), thrown.message);
  }
  dumper.problems.print(io);
  return 0;
}
