import type { OptionDeclaration, OptionDeclarations } from './joptsimple';

/**
 * joptsimple's help table: two columns in 80, options sorted by name, texts wrapped where Java's
 * `BreakIterator.getLineInstance` allows a break.
 */
const OVERALL_WIDTH = 80;
const SEPARATOR_WIDTH = 2;
const CONTINUATION_INDENT = '  ';

/** What stands above options that Kafka's tool does not have. */
export const EXTENSIONS_TITLE = "Not in Apache Kafka's tool:";

/**
 * One unbreakable piece of a line, blanks after it included. Java's rules: a break may follow a run of dashes or of
 * closing punctuation, but not inside a number; opening punctuation sticks to what follows it.
 */
export const UNBREAKABLE =
  /(?:[$([{"']*-[$([{"'-]*\d(?:[.,]?\d)*|[$([{"']*(?:\d(?:[.,]?\d)*|['$]+(?=[^\s)\]}!"%.,:;?([{-])|[^\s)\]}!"'$%.,:;?([{-])*)(?:['"]*-+|[)\]}!"'%.,:;?$]*) *\t?/gy;

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.trim().split('\n')) {
    let line = '';
    for (const [piece] of paragraph.matchAll(UNBREAKABLE)) {
      if (line.length + piece.length > width) {
        lines.push(line.trimEnd());
        line = CONTINUATION_INDENT;
      }
      line += piece;
    }
    if (line.length > 0) lines.push(line);
  }
  return lines;
}

function optionDisplay(name: string, declaration: OptionDeclaration): string {
  const leader = `${declaration.required ? '* ' : ''}${name.length > 1 ? '--' : '-'}${name}`;
  if (declaration.type === undefined) return leader;
  const type = declaration.valuePattern ?? (declaration.oneOf ? `[${declaration.oneOf.join(',')}]` : declaration.type);
  const argument = declaration.describedAs ? `${type}: ${declaration.describedAs}` : type;
  return declaration.optional ? `${leader} [${argument}]` : `${leader} <${argument}>`;
}

function descriptionDisplay({ description, defaultsTo }: OptionDeclaration): string {
  return (defaultsTo === undefined ? description : `${description} (default: ${defaultsTo})`).trim();
}

const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => text.length));

/** The options that Kafka's tool does not have, under a title of their own; '' where there are none. */
export function formatExtensions(declarations: OptionDeclarations): string {
  const names = Object.keys(declarations).filter((name) => declarations[name]!.isExtension);
  return names.length === 0 ? '' : `\n${EXTENSIONS_TITLE}\n${formatTable(declarations, names.sort())}`;
}

/** The help table of Kafka's own options, each line padded to the full width as joptsimple leaves it. */
export const formatHelp = (declarations: OptionDeclarations): string =>
  formatTable(
    declarations,
    Object.keys(declarations)
      .filter((name) => !declarations[name]!.isExtension)
      .sort(),
  );

function formatTable(declarations: OptionDeclarations, names: readonly string[]): string {
  const option = names.some((name) => declarations[name]!.required) ? 'Option (* = required)' : 'Option';
  const rows: [string, string][] = [
    [option, 'Description'],
    ['-'.repeat(option.length), '-----------'],
    ...names.map((name): [string, string] => [
      optionDisplay(name, declarations[name]!),
      descriptionDisplay(declarations[name]!),
    ]),
  ];
  const widths = (from: readonly [string, string][]): [number, number] => {
    const option = Math.min((OVERALL_WIDTH - SEPARATOR_WIDTH) / 2, widest(from.map(([left]) => left)));
    return [option, Math.min(OVERALL_WIDTH - option - SEPARATOR_WIDTH, widest(from.map(([, right]) => right)))];
  };
  const [wrapLeft, wrapRight] = widths(rows);
  const fitted = rows.flatMap(([left, right]) => {
    const lefts = wrap(left, wrapLeft);
    const rights = wrap(right, wrapRight);
    return Array.from({ length: Math.max(lefts.length, rights.length) }, (_, index): [string, string] => [
      lefts[index] ?? '',
      rights[index] ?? '',
    ]);
  });
  const [left, right] = widths(fitted);
  return fitted
    .map(([option, text]) => `${option.padEnd(left)}${' '.repeat(SEPARATOR_WIDTH)}${text.padEnd(right)}\n`)
    .join('');
}
