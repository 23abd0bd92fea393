import type { Properties } from '../client/properties';
import type { Log } from '../print';
import { configException, illegalArgument, kafkaException, serializationError, ToolError } from '../tool-error';
import type { Deserializer } from './deserializers';

const LIST_DESERIALIZER = 'org.apache.kafka.common.serialization.ListDeserializer';
const SERDE = 'org.apache.kafka.common.serialization.Serdes$';

/** The lists of Java's that can be named, and whether their capacity is given, and so refused, when they are made. */
const LISTS: ReadonlyMap<string, 'sized' | 'unsized' | 'abstract'> = new Map([
  ['java.util.ArrayList', 'sized'],
  ['java.util.Vector', 'sized'],
  ['java.util.LinkedList', 'unsized'],
  ['java.util.Stack', 'unsized'],
  ['java.util.concurrent.CopyOnWriteArrayList', 'unsized'],
  ['java.util.List', 'abstract'],
]);

/** How long an entry is that comes without its length. */
const FIXED_BYTES: Readonly<Record<string, number>> = { Short: 2, Integer: 4, Float: 4, Long: 8, Double: 8, UUID: 36 };

/** More than a record holds: a length that is garbage. */
const MOST_BYTES = 0x1000_0000;
const NULL_ENTRY = -1;
const CONSTANT_SIZE = 0;
const VARIABLE_SIZE = 1;

/** Reads as a DataInputStream does. */
class Input {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  private take(length: number): number {
    const at = this.at;
    if (at + length > this.bytes.length) {
      throw kafkaException('Unable to deserialize into a List', new ToolError('java.io.EOFException', null));
    }
    this.at += length;
    return at;
  }

  byte(): number {
    return this.bytes.readInt8(this.take(1));
  }

  int(): number {
    return this.bytes.readInt32BE(this.take(4));
  }

  /** Of fewer bytes than are wanted the rest are zeros; undefined at the end, where even none are too many. */
  read(length: number): Buffer | undefined {
    if (length < 0) throw new ToolError('java.lang.NegativeArraySizeException', String(length));
    if (length > MOST_BYTES) throw new ToolError('java.lang.OutOfMemoryError', 'Java heap space');
    if (this.at >= this.bytes.length) return undefined;
    const there = this.bytes.subarray(this.at, this.at + length);
    this.at += there.length;
    return there.length === length ? there : Buffer.concat([there], length);
  }
}

function checkCapacity(capacity: number): void {
  if (capacity < 0) throw illegalArgument(`Illegal Capacity: ${capacity}`);
}

/** The positions of the entries of a constant size that are null. */
function readNulls(input: Input): Set<number> {
  const count = input.int();
  checkCapacity(count);
  const nulls = new Set<number>();
  for (let index = 0; index < count; index++) nulls.add(input.int());
  return nulls;
}

function makeList(className: string, capacity: number, log: Log): void {
  const failed = (cause: ToolError): never => {
    log('ERROR', 'Failed to construct list due to ', LIST_DESERIALIZER, cause);
    throw kafkaException(`Could not construct a list instance of "${className}"`, cause);
  };
  const kind = LISTS.get(className);
  if (kind === 'abstract') failed(new ToolError('java.lang.NoSuchMethodException', `${className}.<init>()`));
  if (kind === 'unsized' || capacity >= 0) return;
  const refusal = illegalArgument(`Illegal Capacity: ${capacity}`);
  failed(new ToolError('java.lang.reflect.InvocationTargetException', null, refusal));
}

/**
 * org.apache.kafka.common.serialization.ListDeserializer: a list as Java prints one. Its class and that of its entries
 * stand in the configs that Kafka Streams has for them (CommonClientConfigs.DEFAULT_LIST_…_SERDE_…).
 * @param innerOf the deserializer of a name such as `Integer`, if there is one
 */
export function listDeserializer(
  config: Properties,
  isKey: boolean,
  log: Log,
  innerOf: (name: string) => Deserializer | undefined,
): Deserializer {
  const prefix = `default.list.${isKey ? 'key' : 'value'}.serde.`;
  const named = (property: string, what: string): string => {
    const name = config.get(prefix + property);
    if (name !== undefined) return name;
    throw configException(
      `Not able to determine the ${what} because it was neither passed via the constructor nor set in the config.`,
    );
  };
  const notFound = (property: string, what: string): ToolError => {
    const name = config.get(prefix + property);
    return configException(
      `Invalid value ${name} for configuration ${prefix}${property}: Deserializer's ${what} "${name}" could not be found.`,
    );
  };
  const listClass = named('type', 'list class');
  if (!LISTS.has(listClass)) throw notFound('type', 'list class');
  const serde = named('inner', 'inner serde class');
  const half = /^org\.apache\.kafka\.common\.serialization\.(\w+?)(?:Des|S)erializer$/.exec(serde)?.[1];
  if (half !== undefined && innerOf(half)) throw new ToolError('java.lang.ClassCastException', `class ${serde}`);
  const name = /^(\w+)Serde$/.exec(serde.startsWith(SERDE) ? serde.slice(SERDE.length) : '')?.[1];
  const inner = name === undefined ? undefined : innerOf(name);
  if (!inner) throw notFound('inner', 'inner serde class');
  return (bytes) => listText(bytes, { listClass, inner, fixedBytes: FIXED_BYTES[name!], log });
}

interface ListOf {
  readonly listClass: string;
  readonly inner: Deserializer;
  readonly fixedBytes: number | undefined;
  readonly log: Log;
}

function listText(bytes: Buffer, { listClass, inner, fixedBytes, log }: ListOf): string {
  const input = new Input(bytes);
  const strategy = input.byte();
  if (strategy !== CONSTANT_SIZE && strategy !== VARIABLE_SIZE) {
    throw serializationError('Invalid serialization strategy flag value');
  }
  const isConstant = strategy === CONSTANT_SIZE;
  const nulls = isConstant ? readNulls(input) : undefined;
  const size = input.int();
  makeList(listClass, size, log);
  const entries: string[] = [];
  for (let index = 0; index < size; index++) {
    const length = isConstant ? constantLength(fixedBytes) : input.int();
    if (length === NULL_ENTRY || nulls?.has(index)) {
      entries.push('null');
      continue;
    }
    const payload = input.read(length);
    if (!payload) {
      log('ERROR', 'Ran out of bytes in serialized list', LIST_DESERIALIZER);
      throw serializationError('End of the stream was reached prematurely');
    }
    entries.push(inner(payload));
  }
  return `[${entries.join(', ')}]`;
}

function constantLength(fixedBytes: number | undefined): number {
  if (fixedBytes !== undefined) return fixedBytes;
  const why = 'Cannot invoke "java.lang.Integer.intValue()" because "this.primitiveSize" is null';
  throw new ToolError('java.lang.NullPointerException', why);
}
