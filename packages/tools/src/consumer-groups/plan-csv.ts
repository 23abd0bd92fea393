import type { CommittedOffset } from '../client/group/offsets';
import { type Outs, println } from '../print';
import { illegalArgument, runtimeException, ToolError } from '../tool-error';

/** Plans of resets as CSV: `topic,partition,offset` for one group, `group,topic,partition,offset` for several. */
type Columns = readonly string[];

const WITHOUT_GROUP: Columns = ['topic', 'partition', 'offset'];
const WITH_GROUP: Columns = ['group', ...WITHOUT_GROUP];
const RECORD = 'org.apache.kafka.tools.consumer.group.CsvUtils$CsvRecord';
/** Jackson quotes texts that are longer than this unseen. */
const LONGEST_UNQUOTED = 24;
/** Characters up to the comma make it quote a text as well. */
const HIGHEST_UNSAFE = ','.charCodeAt(0);

function quoted(text: string): string {
  const isUnsafe = text.length > LONGEST_UNQUOTED || [...text].some((c) => c.charCodeAt(0) <= HIGHEST_UNSAFE);
  return isUnsafe ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What --export prints, without the last line break. */
export function planCsv(
  plans: readonly { readonly groupId: string; readonly plan: readonly CommittedOffset[] }[],
  isSingleGroup: boolean,
): string {
  const lines = plans.flatMap(({ groupId, plan }) =>
    plan.map(({ topic, partition, offset }) => {
      const cells = [quoted(topic), partition, offset];
      return `${(isSingleGroup ? cells : [quoted(groupId), ...cells]).join(',')}\n`;
    }),
  );
  return lines.join('');
}

/** The cells of a line; quotation marks round a cell are dropped, doubled ones within it are one. */
function cellsOf(line: string): string[] {
  const cells: string[] = [];
  const pattern = /[ \t]*(?:"((?:[^"]|"")*)"[ \t]*|([^,]*))(?:,|$)/gy;
  for (const match of line.replace(/\r$/, '').matchAll(pattern)) {
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2]!.trim());
    if (!match[0].endsWith(',')) break;
  }
  return cells;
}

interface PlanRow extends CommittedOffset {
  readonly group: string | null;
}

const inSource = (message: string, line: string, column: string): string =>
  `${message}\n at [Source: (StringReader); line: ${line}, column: ${column}]`;

/** Throws `ToolError` with Jackson's words where the line is no such record. */
function parseRow(line: string, columns: Columns): PlanRow {
  if (line === '') {
    const message = inSource('No content to map due to end-of-input', 'UNKNOWN', 'UNKNOWN');
    throw new ToolError('com.fasterxml.jackson.databind.exc.MismatchedInputException', message);
  }
  const cells = cellsOf(line);
  const startOf = (index: number): number => cells.slice(0, index).join(',').length + (index > 0 ? 2 : 1);
  const number = (name: string, type: 'int' | 'long'): number => {
    const index = columns.indexOf(name);
    const text = cells[index]?.trim() ?? '';
    if (text === '') return 0;
    if (/^[+-]?\d+$/.test(text)) return Number(text);
    const message = `Cannot deserialize value of type \`${type}\` from String "${text}": not a valid \`${type}\` value`;
    const className = `${RECORD}${columns === WITH_GROUP ? 'WithGroup' : 'NoGroup'}`;
    const chain = ` (through reference chain: ${className}["${name}"])`;
    throw new ToolError(
      'com.fasterxml.jackson.databind.exc.InvalidFormatException',
      `${inSource(message, '1', String(startOf(index)))}${chain}`,
    );
  };
  const partition = number('partition', 'int');
  const offset = number('offset', 'long');
  if (cells.length > columns.length) {
    const extra = cells[columns.length]!;
    const message = `Too many entries: expected at most ${columns.length} (value #${columns.length} (${extra.length} chars) "${extra}")`;
    throw new ToolError(
      'com.fasterxml.jackson.dataformat.csv.CsvReadException',
      inSource(message, '1', String(startOf(columns.length))),
    );
  }
  return {
    group: columns === WITH_GROUP ? (cells[0] ?? null) : null,
    topic: cells[columns.indexOf('topic')] ?? '',
    partition,
    offset,
  };
}

/**
 * The plan of each group in a file. @param onlyGroup the group of lines that name none; null: lines must name theirs.
 * Throws `ToolError` where a line cannot be read; that the first line is not of the short form is told on stderr, as
 * Kafka's tool does for want of knowing.
 */
export function readPlan(text: string, onlyGroup: string | null, outs: Outs): Map<string, CommittedOffset[]> {
  const lines = text.replace(/\n+$/, '').split('\n');
  const isShort = isShortForm(lines[0]!, outs);
  const columns = onlyGroup !== null && isShort ? WITHOUT_GROUP : WITH_GROUP;
  const plans = new Map<string, Map<string, CommittedOffset>>();
  for (const line of lines) {
    let row: PlanRow;
    try {
      row = parseRow(line, columns);
    } catch (thrown) {
      throw thrown instanceof ToolError ? runtimeException(thrown) : thrown;
    }
    const { group, ...offset } = row;
    if (offset.offset < 0) throw illegalArgument('Invalid negative offset');
    const groupId = group ?? onlyGroup ?? '';
    const plan = plans.get(groupId) ?? new Map<string, CommittedOffset>();
    plans.set(groupId, plan.set(`${offset.topic}-${offset.partition}`, offset));
  }
  return new Map([...plans].map(([groupId, plan]) => [groupId, [...plan.values()]]));
}

function isShortForm(line: string, outs: Outs): boolean {
  try {
    parseRow(line, WITHOUT_GROUP);
    return true;
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    println(outs.stderr, thrown.toString());
    return false;
  }
}
