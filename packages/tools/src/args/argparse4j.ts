import { type Io, println } from '../print';
import { Exit } from '../tool-error';
import { likelyNames, wrapJustified } from './argparse4j-text';
import { EXTENSIONS_TITLE } from './help-format';

/**
 * Command lines as argparse4j 0.7 reads them, the parser of Kafka's system-test tools: `--name value` and
 * `--name=value`, unambiguous beginnings of names, sub-commands, usage and errors on stderr.
 */
export interface ArgumentDeclaration {
  /** None: a switch without a value. */
  readonly type?: 'String' | 'Short' | 'Integer' | 'Long' | 'Double';
  readonly required?: boolean;
  readonly defaultsTo?: string;
  readonly choices?: readonly string[];
  /** Its one-letter name. */
  readonly short?: string;
  /** `+`: one value or more. */
  readonly nargs?: '+';
  /** Each time it is given adds a value; else the last one counts. */
  readonly isRepeatable?: boolean;
  /** Exactly one of the arguments with this mark must be given. */
  readonly isAlternative?: boolean;
  /** At most one of the arguments with this mark may be given. */
  readonly isExclusive?: boolean;
  /** An argument that Kafka's tool does not have: the help lists it apart, and no slip of the pen is taken for it. */
  readonly isExtension?: boolean;
  /** What the help says of an extension; that of Kafka's own arguments stands in the parser's details. */
  readonly description?: string;
  /** Prints this line and leaves with code 0, whatever else is given. */
  readonly prints?: string;
}

export interface ParserDeclaration<D extends Readonly<Record<string, ArgumentDeclaration>>> {
  readonly name: string;
  readonly usage: string;
  /** What follows the usage in the help. */
  readonly details: string;
  /** What the tool ends with after its help, 1 where this is missing: to most of Kafka's tools help is a refusal. */
  readonly helpExitCode?: number;
  readonly arguments: D;
}

export type ParsedArguments<D> = { readonly [K in keyof D]?: readonly string[] };

/** Where the help's texts begin, after a name's dashes. */
const HELP_COLUMN = 21;
const SHORT_LIMIT = 2 ** 15;
const INTEGER_LIMIT = { Short: 2 ** 31, Integer: 2 ** 31, Long: 2 ** 63 };

/** Why a text is no value of this type, in the words of Java's number parsers; undefined where it is one. */
function conversionProblem(type: NonNullable<ArgumentDeclaration['type']>, text: string): string | undefined {
  if (type === 'String') return undefined;
  const isNumber =
    type === 'Double'
      ? text.trim() !== '' && !Number.isNaN(Number(text))
      : /^[+-]?\d+$/.test(text) && Math.abs(Number(text)) < INTEGER_LIMIT[type];
  if (!isNumber) return `For input string: "${text}"`;
  const isOutOfRange = type === 'Short' && (Number(text) >= SHORT_LIMIT || Number(text) < -SHORT_LIMIT);
  return isOutOfRange ? `Value out of range. Value:"${text}" Radix:10` : undefined;
}

type AnyParser = ParserDeclaration<Readonly<Record<string, ArgumentDeclaration>>>;

function extensionsHelp({ arguments: all }: AnyParser): string {
  const lines = Object.entries(all).flatMap(([name, { isExtension, description }]) =>
    isExtension ? [`  --${name.padEnd(HELP_COLUMN)}${description ?? ''}\n`] : [],
  );
  return lines.length === 0 ? '' : `\n${EXTENSIONS_TITLE}\n${lines.join('')}`;
}

/** `--bootstrap-server/-b`: an argument as messages call it. */
const displayName = (parser: AnyParser, name: string): string => {
  const { short } = parser.arguments[name]!;
  return short === undefined ? `--${name}` : `--${name}/-${short}`;
};

/** Reads the flags of one parser from a command line, up to the first word that is none. */
class FlagReader {
  readonly given = new Map<string, string[]>();
  private readonly names: readonly string[];

  constructor(
    private readonly parser: AnyParser,
    private readonly rest: string[],
    private readonly io: Io,
  ) {
    this.names = Object.keys(parser.arguments);
  }

  fail(message: string): never {
    return usageError(this.parser, message, this.io);
  }

  /** Takes flags and their values from the front. What is left begins with a positional argument, or is empty. */
  readAll(): void {
    while (this.rest[0]?.startsWith('-')) {
      const token = this.rest.shift()!;
      if (token === '-h' || token === '--help') {
        this.io.stdout.write(`${this.parser.usage}\n${this.parser.details}${extensionsHelp(this.parser)}`);
        throw new Exit(this.parser.helpExitCode ?? 1);
      }
      if (token === '--') {
        if (this.rest.length > 0) unrecognized(this.parser, this.rest.join(' '), this.io);
        return;
      }
      this.readFlag(token);
    }
  }

  private readFlag(token: string): void {
    const { name, value } = this.resolve(token);
    const declaration = this.parser.arguments[name]!;
    if (declaration.prints !== undefined) {
      println(this.io.stdout, declaration.prints);
      throw new Exit(0);
    }
    if (value !== undefined && declaration.type === undefined) {
      this.fail(`argument ${displayName(this.parser, name)}: ignore implicit argument '${value}'`);
    }
    const values = declaration.type === undefined ? [] : value !== undefined ? [value] : this.take(name, declaration);
    this.check(name, declaration, values);
    const mark = declaration.isAlternative ? 'isAlternative' : declaration.isExclusive ? 'isExclusive' : undefined;
    const isOther = (each: string): boolean =>
      each !== name && this.given.has(each) && mark !== undefined && this.parser.arguments[each]![mark] === true;
    const other = this.names.find(isOther);
    if (other) {
      const [here, there] = [name, other].map((each) => displayName(this.parser, each));
      this.fail(`argument ${here}: not allowed with argument ${there}`);
    }
    const earlier = declaration.isRepeatable ? (this.given.get(name) ?? []) : [];
    this.given.set(name, [...earlier, ...values]);
  }

  /** Which argument a flag is, and the value that it carries itself (`--name=value`, `-nvalue`). */
  private resolve(token: string): { name: string; value?: string } {
    const equals = token.indexOf('=');
    const flag = equals < 0 ? token : token.slice(0, equals);
    const value = equals < 0 ? {} : { value: token.slice(equals + 1) };
    if (!token.startsWith('--')) {
      const short = this.names.find((name) => this.parser.arguments[name]!.short === token[1]);
      if (short === undefined) return unrecognized(this.parser, token, this.io);
      return { name: short, ...(flag.length === 2 ? value : { value: token.slice(2) }) };
    }
    const text = flag.slice(2);
    if (this.names.includes(text)) return { name: text, ...value };
    const fitting = this.names.filter((name) => name.startsWith(text) && !this.parser.arguments[name]!.isExtension);
    if (fitting.length > 1) {
      const list = fitting.sort().map((name) => `--${name}`);
      this.fail(`ambiguous option: --${text} could match ${list.join(', ')}`);
    }
    if (fitting.length === 0) return unrecognized(this.parser, token, this.io);
    return { name: fitting[0]!, ...value };
  }

  private take(name: string, { nargs }: ArgumentDeclaration): string[] {
    const values: string[] = [];
    // A negative number is a value, since no option looks like one.
    while (this.rest.length > 0 && (!this.rest[0]!.startsWith('-') || /^-\d/.test(this.rest[0]!))) {
      values.push(this.rest.shift()!);
      if (nargs !== '+') break;
    }
    if (values.length === 0) {
      const wanted = nargs === '+' ? '1 argument(s)' : 'one argument';
      this.fail(`argument ${displayName(this.parser, name)}: expected ${wanted}`);
    }
    return values;
  }

  private check(name: string, { type, choices }: ArgumentDeclaration, values: readonly string[]): void {
    const argument = `argument ${displayName(this.parser, name)}`;
    for (const value of values) {
      const problem = type && conversionProblem(type, value);
      if (problem) this.fail(`${argument}: could not convert '${value}' to ${type} (${problem})`);
      if (choices && !choices.includes(value)) {
        this.fail(`${argument}: invalid choice: '${value}' (choose from {${choices.join(',')}})`);
      }
    }
  }

  /** Checks that nothing is missing, and fills in defaults. */
  finish<D>(): ParsedArguments<D> {
    // Of several that are missing argparse4j names the last.
    const missing = this.names.findLast((name) => this.parser.arguments[name]!.required && !this.given.has(name));
    if (missing !== undefined) this.fail(`argument ${displayName(this.parser, missing)} is required`);
    const alternatives = this.names.filter((name) => this.parser.arguments[name]!.isAlternative);
    if (alternatives.length > 0 && !alternatives.some((name) => this.given.has(name))) {
      const list = alternatives.map((name) => displayName(this.parser, name));
      this.fail(`one of the arguments ${list.join(' ')} is required`);
    }
    for (const name of this.names) {
      const fallback = this.parser.arguments[name]!.defaultsTo;
      if (fallback !== undefined && !this.given.has(name)) this.given.set(name, [fallback]);
    }
    return Object.fromEntries(this.given) as unknown as ParsedArguments<D>;
  }
}

/** Reads a command line. `--help` prints the help and leaves; a mistake prints the usage and leaves with 1. */
export function parseArguments<const D extends Readonly<Record<string, ArgumentDeclaration>>>(
  parser: ParserDeclaration<D>,
  argv: readonly string[],
  io: Io,
): ParsedArguments<D> {
  const rest = [...argv];
  const reader = new FlagReader(parser, rest, io);
  reader.readAll();
  if (rest.length > 0) unrecognized(parser, rest.join(' '), io);
  return reader.finish();
}

/** A command line with a sub-command: `tool [flags] command [flags of the command]`. */
export interface ParsedCommand<D, C extends string> {
  readonly arguments: ParsedArguments<D>;
  readonly command: C;
  /** Those of the command, whichever it is. */
  readonly of: Readonly<Record<string, readonly string[] | undefined>>;
}

/** As `parseArguments`, for a tool of several commands, which may be abbreviated as well. */
export function parseCommand<
  const D extends Readonly<Record<string, ArgumentDeclaration>>,
  const C extends Readonly<Record<string, AnyParser>>,
>(parser: ParserDeclaration<D>, commands: C, argv: readonly string[], io: Io): ParsedCommand<D, keyof C & string> {
  const rest = [...argv];
  const reader = new FlagReader(parser, rest, io);
  reader.readAll();
  const word = rest.shift();
  if (word === undefined) return reader.fail('too few arguments');
  const names = Object.keys(commands);
  const fitting = names.includes(word) ? [word] : names.filter((name) => name.startsWith(word));
  if (fitting.length === 0) {
    const choices = names.map((name) => `'${name}'`).join(', ');
    return refuse(parser, `invalid choice: '${word}' (choose from ${choices})`, likelyNames(word, names), io);
  }
  if (fitting.length > 1) reader.fail(`ambiguous command: ${word} could match ${fitting.sort().join(', ')}`);
  const command = fitting[0]!;
  const of = parseArguments(commands[command]!, rest, io);
  return { arguments: reader.finish(), command, of };
}

/** Prints the usage and one error, and leaves with code 1. */
export const usageError = (parser: AnyParser, message: string, io: Io): never => refuse(parser, message, [], io);

function unrecognized(parser: AnyParser, token: string, io: Io): never {
  const names = Object.keys(parser.arguments).filter((name) => !parser.arguments[name]!.isExtension);
  // One letter is too little to go by for a flag, though not for a command.
  const likely = /^-+[^-]./.test(token) ? likelyNames(token, names).map((name) => `--${name}`) : [];
  return refuse(parser, `unrecognized arguments: '${token}'`, likely, io);
}

function refuse(parser: AnyParser, message: string, likely: readonly string[], io: Io): never {
  io.stderr.write(parser.usage);
  println(io.stderr, wrapJustified(`${parser.name}: error: ${message}`));
  if (likely.length > 0) println(io.stderr, `\nDid you mean:\n\t${likely.join('\n\t')}`);
  throw new Exit(1);
}
