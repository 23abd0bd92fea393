import { type Io, println } from '../print';
import { Exit } from '../tool-error';
import { UNBREAKABLE } from './help-format';

/**
 * Command lines as argparse4j 0.7 reads them, the parser of Kafka's system-test tools: `--name value` and
 * `--name=value`, unambiguous beginnings of names, usage and errors on stderr.
 */
export interface ArgumentDeclaration {
  /** None: a switch without a value. */
  readonly type?: 'String' | 'Integer' | 'Long' | 'Double';
  readonly required?: boolean;
  readonly defaultsTo?: string;
  readonly choices?: readonly string[];
  /** `+`: one value or more. */
  readonly nargs?: '+';
  /** Exactly one of the arguments with this mark must be given. */
  readonly isAlternative?: boolean;
  /** An argument that Kafka's tool does not have: it stays out of what is proposed for a slip of the pen. */
  readonly isExtension?: boolean;
}

export interface ParserDeclaration<D extends Readonly<Record<string, ArgumentDeclaration>>> {
  readonly name: string;
  readonly usage: string;
  /** What follows the usage in the help. */
  readonly details: string;
  readonly arguments: D;
}

export type ParsedArguments<D> = { readonly [K in keyof D]?: readonly string[] };

const WIDTH = 75;
/** From this distance on a name is no likely slip of the pen for another. */
const DISSIMILAR = 7;
const SUBSTITUTION = 2;
const INSERTION = 1;
const DELETION = 4;

/** Spreads a line over the full width as argparse4j does: what is left after equal gaps goes to the middle ones. */
function justify(line: string): string {
  const words = line.trim().split(/ +/);
  const gaps = words.length - 1;
  if (gaps === 0) return words[0]!;
  const blanks = WIDTH - words.reduce((sum, word) => sum + word.length, 0);
  const each = Math.floor(blanks / gaps);
  const wider = blanks % gaps;
  const from = Math.ceil((gaps - wider) / 2);
  return words
    .map((word, gap) => (gap === gaps ? word : word + ' '.repeat(each + (gap >= from && gap < from + wider ? 1 : 0))))
    .join('');
}

/** Wraps a text to lines that are justified but for the last. */
export function wrapJustified(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const [piece] of text.matchAll(UNBREAKABLE)) {
    if (line.length + piece.length > WIDTH) {
      lines.push(justify(line));
      line = '';
    }
    line += piece;
  }
  return [...lines, line].join('\n');
}

/** How far one name is from another, by git's weights, which argparse4j took over. */
function distance(from: string, to: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, at) => at * INSERTION);
  for (let i = 0; i < from.length; i++) {
    const current = [(i + 1) * DELETION];
    for (let j = 0; j < to.length; j++) {
      const swapped = i > 0 && j > 0 && from[i - 1] === to[j] && from[i] === to[j - 1];
      current.push(
        Math.min(
          previous[j]! + (from[i] === to[j] ? 0 : SUBSTITUTION),
          swapped ? before[j - 1]! : Number.POSITIVE_INFINITY,
          previous[j + 1]! + DELETION,
          current[j]! + INSERTION,
        ),
      );
    }
    before = previous;
    previous = current;
  }
  return previous[to.length]!;
}

function likelyNames(unknown: string, names: readonly string[]): string[] {
  const body = unknown.replace(/^-+/, '').replace(/=.*$/, '');
  const ranked = names.map((name) => ({ name, far: distance(body, name) }));
  const nearest = Math.min(...ranked.map(({ far }) => far));
  return nearest >= DISSIMILAR ? [] : ranked.filter(({ far }) => far === nearest).map(({ name }) => `--${name}`);
}

const INTEGER_LIMIT = { Integer: 2 ** 31, Long: 2 ** 63 };

function converts(type: NonNullable<ArgumentDeclaration['type']>, text: string): boolean {
  if (type === 'String') return true;
  if (type === 'Double') return text.trim() !== '' && !Number.isNaN(Number(text));
  return /^[+-]?\d+$/.test(text) && Math.abs(Number(text)) < INTEGER_LIMIT[type];
}

/**
 * Reads a command line. Both `--help`, which
 * prints the help, and a mistake, which prints the usage, leave with 1: to Kafka's tools either is a refusal.
 */
export function parseArguments<const D extends Readonly<Record<string, ArgumentDeclaration>>>(
  parser: ParserDeclaration<D>,
  argv: readonly string[],
  io: Io,
): ParsedArguments<D> {
  const names = Object.keys(parser.arguments);
  const given = new Map<string, string[]>();
  const rest = [...argv];
  const fail = (message: string): never => usageError(parser, message, io);

  const nameOf = (token: string): string => {
    const text = token.replace(/^--/, '').replace(/=.*$/s, '');
    if (names.includes(text)) return text;
    const fitting = names.filter((name) => name.startsWith(text)).sort();
    if (fitting.length > 1) {
      fail(`ambiguous option: --${text} could match ${fitting.map((name) => `--${name}`).join(', ')}`);
    }
    if (fitting.length === 0) unrecognized(parser, token.replace(/=.*$/s, ''), io);
    return fitting[0]!;
  };
  const take = (name: string, declaration: ArgumentDeclaration): string[] => {
    const values: string[] = [];
    // A negative number is a value, since no option looks like one.
    while (rest.length > 0 && (!rest[0]!.startsWith('-') || /^-\d/.test(rest[0]!))) {
      values.push(rest.shift()!);
      if (declaration.nargs !== '+') break;
    }
    if (values.length === 0) {
      fail(`argument --${name}: expected ${declaration.nargs === '+' ? '1 argument(s)' : 'one argument'}`);
    }
    return values;
  };

  while (rest.length > 0) {
    const token = rest.shift()!;
    if (token === '-h' || token === '--help') {
      io.stdout.write(`${parser.usage}\n${parser.details}`);
      throw new Exit(1);
    }
    if (!token.startsWith('--') || token === '--') unrecognized(parser, token, io);
    const name = nameOf(token);
    const declaration = parser.arguments[name]!;
    const equals = token.indexOf('=');
    const values =
      declaration.type === undefined ? [] : equals >= 0 ? [token.slice(equals + 1)] : take(name, declaration);
    checkValues(name, declaration, values, fail);
    const other =
      declaration.isAlternative &&
      names.find((each) => parser.arguments[each]!.isAlternative && each !== name && given.has(each));
    if (other) fail(`argument --${name}: not allowed with argument --${other}`);
    given.set(name, values);
  }
  requireAll(parser, given, fail);
  for (const name of names) {
    const fallback = parser.arguments[name]!.defaultsTo;
    if (fallback !== undefined && !given.has(name)) given.set(name, [fallback]);
  }
  return Object.fromEntries(given) as unknown as ParsedArguments<D>;
}

function checkValues(
  name: string,
  { type, choices }: ArgumentDeclaration,
  values: readonly string[],
  fail: (message: string) => never,
): void {
  for (const value of values) {
    if (type && !converts(type, value)) {
      fail(`argument --${name}: could not convert '${value}' to ${type} (For input string: "${value}")`);
    }
    if (choices && !choices.includes(value)) {
      fail(`argument --${name}: invalid choice: '${value}' (choose from {${choices.join(',')}})`);
    }
  }
}

type AnyParser = ParserDeclaration<Readonly<Record<string, ArgumentDeclaration>>>;

function requireAll(parser: AnyParser, given: ReadonlyMap<string, unknown>, fail: (message: string) => never): void {
  const declarations = Object.entries(parser.arguments);
  for (const [name, { required }] of declarations) {
    if (required && !given.has(name)) fail(`argument --${name} is required`);
  }
  const alternatives = declarations.filter(([, { isAlternative }]) => isAlternative).map(([name]) => name);
  if (alternatives.length > 0 && !alternatives.some((name) => given.has(name))) {
    fail(`one of the arguments ${alternatives.map((name) => `--${name}`).join(' ')} is required`);
  }
}

/** Prints the usage and one error, and leaves with code 1. */
export function usageError(parser: AnyParser, message: string, io: Io): never {
  io.stderr.write(parser.usage);
  println(io.stderr, wrapJustified(`${parser.name}: error: ${message}`));
  throw new Exit(1);
}

function unrecognized(parser: AnyParser, token: string, io: Io): never {
  io.stderr.write(parser.usage);
  println(io.stderr, wrapJustified(`${parser.name}: error: unrecognized arguments: '${token}'`));
  const names = Object.keys(parser.arguments).filter((name) => !parser.arguments[name]!.isExtension);
  const likely = token.startsWith('--') ? likelyNames(token, names) : [];
  if (likely.length > 0) println(io.stderr, `\nDid you mean:\n\t${likely.join('\n\t')}`);
  throw new Exit(1);
}
