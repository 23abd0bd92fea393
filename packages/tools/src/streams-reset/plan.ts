import { readFileSync } from 'node:fs';
import { partitionText, type TopicPartition } from '../client/partitions';
import { ToolError } from '../tool-error';

/** A partition and where it is to be read from. */
export interface PlannedOffset extends TopicPartition {
  readonly offset: number;
}

const parseError = (message: string): ToolError => new ToolError('java.text.ParseException', message);

function numberOf(text: string): number {
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw new ToolError('java.lang.NumberFormatException', `For input string: "${text}"`);
}

/** A reset plan: lines `topic,partition,offset`, of which the last one on a partition counts. Throws `ToolError`. */
export function parsePlan(text: string): PlannedOffset[] {
  if (text === '') throw parseError('Error parsing reset plan CSV file. It is empty,');
  const plan = new Map<string, PlannedOffset>();
  for (const line of text.replace(/\n+$/, '').split('\n')) {
    const parts = line.replace(/,+$/, '').split(',');
    if (parts.length !== 3) {
      throw parseError('Reset plan CSV file is not following the format `TOPIC,PARTITION,OFFSET`.');
    }
    const [topic, partition, offset] = parts as [string, string, string];
    const planned = { topic, partition: numberOf(partition), offset: numberOf(offset) };
    plan.set(partitionText(planned), planned);
  }
  return [...plan.values()];
}

/** Reads a reset plan. Throws `ToolError` where that is impossible. */
export function readPlan(path: string): PlannedOffset[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new ToolError('java.io.IOException', `Unable to read file ${path}`);
  }
  return parsePlan(text);
}

/** What Java throws where a partition is missing from a plan or a topic. */
const unboxingNull = (): ToolError =>
  new ToolError(
    'java.lang.NullPointerException',
    'Cannot invoke "java.lang.Long.longValue()" because the return value of "java.util.Map.get(Object)" is null',
  );

export function requiredAt<T>(map: ReadonlyMap<string, T>, partition: TopicPartition): T {
  const value = map.get(partitionText(partition));
  if (value === undefined) throw unboxingNull();
  return value;
}

/** The offset that a wished one becomes within a log, and what is to be said of it. */
export function withinLog(wished: number, beginning: number, end: number): { offset: number; notice?: string } {
  if (wished >= end) {
    return { offset: end, notice: `New offset (${wished}) is higher than latest offset. Value will be set to ${end}` };
  }
  if (wished > beginning) return { offset: wished };
  const notice = `New offset (${wished}) is lower than earliest offset. Value will be set to ${beginning}`;
  return { offset: beginning, notice };
}
