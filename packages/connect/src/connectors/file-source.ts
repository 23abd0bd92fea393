import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { fileError } from '@odradek/tools/client/properties';
import { ConfigDef } from '../config/config-def';
import { nonEmptyString } from '../config/validators';
import type { SourceMap, SourceRecord } from '../data/record';
import { STRING_SCHEMA } from '../data/schema';
import { ConnectError } from '../errors';
import type { Props, SourceConnector, SourceOffset, SourceTask, SourceTaskContext } from '../plugins/api';
import { LineSplitter } from './lines';

const FILENAME = 'filename';
const POSITION = 'position';
/** How long to wait for a file that is not there, or for more of one that was read to its end. */
const MISSING_FILE_WAIT_MS = 1_000;
const END_OF_FILE_WAIT_MS = 100;
const READ_BYTES = 65_536;

/** Every line of a file, as it grows, to a topic (org.apache.kafka.connect.file.FileStreamSourceConnector). */
export class FileStreamSource implements SourceConnector {
  static readonly config = new ConfigDef([
    {
      name: 'file',
      type: 'STRING',
      fallback: null,
      importance: 'HIGH',
      documentation: 'The file to read. Without it the standard input is read.',
    },
    {
      name: 'topic',
      type: 'STRING',
      validate: nonEmptyString,
      importance: 'HIGH',
      documentation: 'The topic that lines go to.',
    },
    {
      name: 'batch.size',
      type: 'INT',
      fallback: '2000',
      importance: 'LOW',
      documentation: 'The most lines that are taken out of the file at a time.',
    },
  ]);

  readonly taskClass = 'org.apache.kafka.connect.file.FileStreamSourceTask';
  private props: Props = new Map();

  start(props: Props): void {
    FileStreamSource.config.parse(props);
    this.props = props;
  }

  /** One: two readers of a file would be of no use. */
  taskConfigs(): Props[] {
    return [this.props];
  }

  createTask(): SourceTask {
    return new FileStreamSourceTask();
  }

  alterOffsets(props: Props, offsets: readonly SourceOffset[]): void {
    if (!FileStreamSource.config.parse(props).nullable('file')) {
      throw new ConnectError(
        "Offsets cannot be modified if the 'file' configuration is unspecified. This is because stdin is used for " +
          'input and offsets are not tracked.',
      );
    }
    for (const { partition, offset } of offsets) {
      // Whatever there is may be forgotten, also what should never have been there.
      if (!offset) continue;
      checkPosition(offset);
      if (!partition) throw new ConnectError('Partition objects cannot be null');
      if (!partition.has(FILENAME)) throw new ConnectError("Partition objects should contain the key 'filename'");
    }
  }
}

function checkPosition(offset: SourceMap): void {
  if (!offset.has(POSITION)) {
    throw new ConnectError("Offset objects should either be null or contain the key 'position'");
  }
  const position = offset.get(POSITION);
  if (typeof position !== 'bigint' && !(typeof position === 'number' && Number.isInteger(position))) {
    throw new ConnectError("The value for the 'position' key in the offset is expected to be a Long value");
  }
  if (position < 0) {
    throw new ConnectError("The value for the 'position' key in the offset should be a non-negative value");
  }
}

class FileStreamSourceTask implements SourceTask {
  private context!: SourceTaskContext;
  private file: string | null = null;
  private topic = '';
  private batchSize = 0;
  private input: ByteSource | undefined;
  private lines = new LineSplitter(0);
  private stopped = false;

  start(props: Props, context: SourceTaskContext): void {
    const config = FileStreamSource.config.parse(props);
    this.context = context;
    this.file = config.nullable('file') || null;
    this.topic = config.string('topic');
    this.batchSize = config.number('batch.size');
    if (this.file === null) this.input = new StreamSource(process.stdin);
  }

  async poll(): Promise<SourceRecord[] | null> {
    if (!this.input && !(await this.openFile(this.file!))) return null;
    const records: SourceRecord[] = [];
    while (!this.stopped) {
      for (let line = this.lines.next(); line !== undefined; line = this.lines.next()) {
        records.push(this.record(line));
        if (records.length >= this.batchSize) return records;
      }
      const bytes = await this.input!.read();
      if (bytes.length === 0) break;
      this.lines.add(bytes);
    }
    if (records.length > 0) return records;
    await this.context.sleep(END_OF_FILE_WAIT_MS);
    return null;
  }

  private async openFile(path: string): Promise<boolean> {
    let handle: FileHandle;
    try {
      handle = await open(path, 'r');
    } catch (thrown) {
      const failure = thrown as NodeJS.ErrnoException;
      if (failure.code !== 'ENOENT') {
        this.context.log.error(`Error while trying to open file ${path}: `, thrown);
        const cause = fileError(path, failure);
        throw new ConnectError(cause.line, cause);
      }
      const what = `Couldn't find file ${path} for FileStreamSourceTask, sleeping to wait for it to be created`;
      this.context.log.warn(what);
      await this.context.sleep(MISSING_FILE_WAIT_MS);
      return false;
    }
    const position = this.context.offset(new Map([[FILENAME, path]]))?.get(POSITION) ?? null;
    if (position !== null && typeof position !== 'number' && typeof position !== 'bigint') {
      await handle.close();
      throw new ConnectError('Offset position is the incorrect type');
    }
    const start = Number(position ?? 0);
    if (position !== null) this.context.log.debug(`Found previous offset, trying to skip to file offset ${start}`);
    this.context.log.debug(`Opened ${path} for reading`);
    this.lines = new LineSplitter(start);
    this.input = new FileSource(handle, start);
    return true;
  }

  private record(line: string): SourceRecord {
    // Bytes, where Apache's task counts characters: it skips bytes when it goes on.
    const position = this.file === null ? null : this.lines.position;
    return {
      sourcePartition: new Map([[FILENAME, this.file]]),
      sourceOffset: new Map([[POSITION, position]]),
      topic: this.topic,
      partition: null,
      keySchema: null,
      key: null,
      valueSchema: STRING_SCHEMA,
      value: line,
      timestamp: Date.now(),
      headers: [],
    };
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.input?.close();
    this.input = undefined;
  }
}

/** Where bytes come from; none: there are no more just now. */
interface ByteSource {
  read(): Promise<Buffer>;
  close(): Promise<void>;
}

class FileSource implements ByteSource {
  private readonly buffer = Buffer.alloc(READ_BYTES);
  private reading: Promise<Buffer> | undefined;

  constructor(
    private readonly handle: FileHandle,
    private position: number,
  ) {}

  read(): Promise<Buffer> {
    this.reading = this.readNext();
    return this.reading;
  }

  private async readNext(): Promise<Buffer> {
    const { bytesRead } = await this.handle.read(this.buffer, 0, READ_BYTES, this.position);
    this.position += bytesRead;
    return this.buffer.subarray(0, bytesRead);
  }

  async close(): Promise<void> {
    await this.reading?.catch(() => undefined);
    await this.handle.close();
  }
}

class StreamSource implements ByteSource {
  constructor(private readonly stream: Readable) {}

  read(): Promise<Buffer> {
    return Promise.resolve((this.stream.read() as Buffer | null) ?? Buffer.alloc(0));
  }

  close(): Promise<void> {
    // The standard input is the process's: another task may go on reading it.
    return Promise.resolve();
  }
}
