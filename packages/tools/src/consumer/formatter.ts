import type { ConsumerRecord } from '../client/consumed';
import type { Properties } from '../client/properties';
import { type Log, type Out, println } from '../print';
import { ToolError } from '../tool-error';
import { type Deserializer, namedDeserializer } from './deserializers';

/** Turns records into what is printed. Throws `ToolError` where a deserializer refuses. */
export interface MessageFormatter {
  write(record: ConsumerRecord, out: Out): void;
}

const PACKAGE = 'org.apache.kafka.tools.consumer.';
const DEFAULT_FORMATTER_LOGGER = `${PACKAGE}DefaultMessageFormatter`;
const FLUSH_BYTES = 64 * 1024;

const isTrue = (text: string | undefined, fallback: boolean): boolean =>
  text === undefined ? fallback : text.trim().toLowerCase() === 'true';

/** org.apache.kafka.tools.consumer.DefaultMessageFormatter: the enabled fields in a fixed order. */
export class DefaultMessageFormatter implements MessageFormatter {
  private readonly fields: readonly ((record: ConsumerRecord, out: Out) => void)[];
  private readonly separator: Buffer;
  private readonly lineSeparator: Buffer;
  private readonly headersSeparator: Buffer;
  private readonly nullLiteral: Buffer;

  constructor(properties: Properties, log: Log) {
    this.separator = Buffer.from(properties.get('key.separator') ?? '\t');
    this.lineSeparator = Buffer.from(properties.get('line.separator') ?? '\n');
    this.headersSeparator = Buffer.from(properties.get('headers.separator') ?? ',');
    this.nullLiteral = Buffer.from(properties.get('null.literal') ?? 'null');
    const deserializer = (field: 'key' | 'value' | 'headers'): Deserializer | undefined => {
      try {
        return namedDeserializer(properties, field, log);
      } catch (thrown) {
        if (!(thrown instanceof ToolError)) throw thrown;
        const what = `Unable to instantiate a deserializer from ${properties.get(`${field}.deserializer`)}`;
        log('ERROR', what, DEFAULT_FORMATTER_LOGGER, thrown);
        return undefined;
      }
    };
    const key = deserializer('key');
    const value = deserializer('value');
    const headers = deserializer('headers');
    const text = (write: (record: ConsumerRecord) => string) => (record: ConsumerRecord, out: Out) => {
      out.write(write(record));
    };
    const all = [
      {
        enabled: isTrue(properties.get('print.timestamp'), false),
        write: text(({ timestampType, timestamp }) =>
          timestampType === undefined ? 'NO_TIMESTAMP' : `${timestampType}:${timestamp}`,
        ),
      },
      {
        enabled: isTrue(properties.get('print.partition'), false),
        write: text(({ partition }) => `Partition:${partition}`),
      },
      { enabled: isTrue(properties.get('print.offset'), false), write: text(({ offset }) => `Offset:${offset}`) },
      {
        enabled: isTrue(properties.get('print.headers'), false),
        write: (record: ConsumerRecord, out: Out) => this.writeHeaders(record, headers, out),
      },
      {
        enabled: isTrue(properties.get('print.key'), false),
        write: (record: ConsumerRecord, out: Out) => out.write(this.deserialize(record.key, key)),
      },
      {
        enabled: isTrue(properties.get('print.value'), true),
        write: (record: ConsumerRecord, out: Out) => out.write(this.deserialize(record.value, value)),
      },
    ];
    this.fields = all.filter(({ enabled }) => enabled).map(({ write }) => write);
  }

  private deserialize(bytes: Buffer | null, deserializer: Deserializer | undefined): string | Buffer {
    const present = bytes ?? this.nullLiteral;
    return deserializer ? deserializer(present) : present;
  }

  private writeHeaders({ headers }: ConsumerRecord, deserializer: Deserializer | undefined, out: Out): void {
    if (headers.length === 0) out.write('NO_HEADERS');
    for (const [index, { key, value }] of headers.entries()) {
      if (index > 0) out.write(this.headersSeparator);
      out.write(`${key}:`);
      out.write(this.deserialize(value, deserializer));
    }
  }

  /** Field by field: what stands before one that cannot be deserialized has been written. */
  write(record: ConsumerRecord, out: Out): void {
    const last = this.fields.length - 1;
    for (const [index, field] of this.fields.entries()) {
      field(record, out);
      out.write(index < last ? this.separator : this.lineSeparator);
    }
  }
}

/** Collects small writes into few large ones; what is collected is written at `flush`. */
export class BufferedOut implements Out {
  private chunks: Uint8Array[] = [];
  private bytes = 0;

  constructor(private readonly out: Out) {}

  get broken(): boolean {
    return this.out.broken;
  }

  write(data: string | Uint8Array): void {
    const chunk = typeof data === 'string' ? Buffer.from(data) : data;
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    if (this.bytes >= FLUSH_BYTES) this.flush();
  }

  flush(): void {
    if (this.bytes === 0) return;
    this.out.write(Buffer.concat(this.chunks, this.bytes));
    this.chunks = [];
    this.bytes = 0;
  }
}

const NO_OP: MessageFormatter = { write: () => undefined };

const MOVED = ['DefaultMessageFormatter', 'LoggingMessageFormatter', 'NoOpMessageFormatter'];

/** Class names of the time when these formatters were Scala, and what takes their place. */
const DEPRECATED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(MOVED.map((name) => [`kafka.tools.${name}`, PACKAGE + name])),
  'kafka.coordinator.transaction.TransactionLog$TransactionLogMessageFormatter': `${PACKAGE}TransactionLogMessageFormatter`,
  'kafka.coordinator.group.GroupMetadataManager$OffsetsMessageFormatter': `${PACKAGE}OffsetsMessageFormatter`,
  'kafka.coordinator.group.GroupMetadataManager$GroupMetadataMessageFormatter': `${PACKAGE}GroupMetadataMessageFormatter`,
};

/** The formatter of a Java class name. Throws `ToolError` where there is none. */
export async function formatterOf(
  className: string,
  properties: Properties,
  log: Log,
  err: Out,
): Promise<MessageFormatter> {
  const replacement = DEPRECATED[className];
  if (replacement) {
    println(
      err,
      `WARNING: ${className} is deprecated and will be removed in the next major release. Please use ${replacement} instead`,
    );
  }
  const actual = replacement && className.startsWith('kafka.tools.') ? replacement : className;
  switch (actual) {
    case `${PACKAGE}DefaultMessageFormatter`:
    // What it logs besides is below the tools' log level.
    case `${PACKAGE}LoggingMessageFormatter`:
      return new DefaultMessageFormatter(properties, log);
    case `${PACKAGE}NoOpMessageFormatter`:
      return NO_OP;
    default: {
      const { internalFormatterOf } = await import('./internal-formatters');
      const formatter = internalFormatterOf(actual);
      if (!formatter) throw new ToolError('java.lang.ClassNotFoundException', actual);
      return formatter;
    }
  }
}
