import type { ConsumerRecord } from '../client/consumed';
import type { Properties } from '../client/properties';
import { type Log, type Out, println } from '../print';
import { ToolError } from '../tool-error';
import { type Deserializer, deserializerOf } from './deserializers';

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
  private readonly fields: readonly ((record: ConsumerRecord, parts: Buffer[]) => void)[];
  private readonly separator: Buffer;
  private readonly lineSeparator: Buffer;
  private readonly headersSeparator: Buffer;
  private readonly nullLiteral: Buffer;

  constructor(properties: Properties, log: Log) {
    this.separator = Buffer.from(properties.get('key.separator') ?? '\t');
    this.lineSeparator = Buffer.from(properties.get('line.separator') ?? '\n');
    this.headersSeparator = Buffer.from(properties.get('headers.separator') ?? ',');
    this.nullLiteral = Buffer.from(properties.get('null.literal') ?? 'null');
    const deserializer = (name: string): Deserializer | undefined => {
      const className = properties.get(name);
      if (className === undefined) return undefined;
      const found = deserializerOf(className);
      if (!found) {
        const missing = new ToolError('java.lang.ClassNotFoundException', className);
        log('ERROR', `Unable to instantiate a deserializer from ${className}`, DEFAULT_FORMATTER_LOGGER, missing);
      }
      return found;
    };
    const key = deserializer('key.deserializer');
    const value = deserializer('value.deserializer');
    const headers = deserializer('headers.deserializer');
    const text = (write: (record: ConsumerRecord) => string) => (record: ConsumerRecord, parts: Buffer[]) => {
      parts.push(Buffer.from(write(record)));
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
        write: (record: ConsumerRecord, parts: Buffer[]) => this.writeHeaders(record, headers, parts),
      },
      {
        enabled: isTrue(properties.get('print.key'), false),
        write: (record: ConsumerRecord, parts: Buffer[]) => parts.push(this.deserialize(record.key, key)),
      },
      {
        enabled: isTrue(properties.get('print.value'), true),
        write: (record: ConsumerRecord, parts: Buffer[]) => parts.push(this.deserialize(record.value, value)),
      },
    ];
    this.fields = all.filter(({ enabled }) => enabled).map(({ write }) => write);
  }

  private deserialize(bytes: Buffer | null, deserializer: Deserializer | undefined): Buffer {
    const present = bytes ?? this.nullLiteral;
    return deserializer ? Buffer.from(deserializer(present)) : present;
  }

  private writeHeaders({ headers }: ConsumerRecord, deserializer: Deserializer | undefined, parts: Buffer[]): void {
    if (headers.length === 0) parts.push(Buffer.from('NO_HEADERS'));
    for (const [index, { key, value }] of headers.entries()) {
      if (index > 0) parts.push(this.headersSeparator);
      parts.push(Buffer.from(`${key}:`), this.deserialize(value, deserializer));
    }
  }

  write(record: ConsumerRecord, out: Out): void {
    const parts: Buffer[] = [];
    for (const [index, field] of this.fields.entries()) {
      if (index > 0) parts.push(this.separator);
      field(record, parts);
    }
    if (this.fields.length > 0) parts.push(this.lineSeparator);
    for (const part of parts) out.write(part);
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
