import { hashMapOrder, stringHash } from '../java-order';
import { ToolError } from '../tool-error';
import { formatExtensions, formatHelp } from './help-format';

/**
 * Command lines as joptsimple 5 reads them, the parser of most of Kafka's tools: `--name value` and `--name=value`,
 * one or two leading dashes, options in any order and as often as wished, no abbreviations.
 */
export type ArgumentType = 'String' | 'Integer' | 'Long';

export interface OptionDeclaration<Type extends ArgumentType | undefined = ArgumentType | undefined> {
  readonly description: string;
  /** The type of its argument; none where the option takes no argument. */
  readonly type?: Type;
  /** Whether the argument may be left out. */
  readonly optional?: boolean;
  /** What the help calls the argument. */
  readonly describedAs?: string;
  readonly defaultsTo?: string;
  /** It takes one of these words only, in capitals or not; what it gives is the word as it stands here. */
  readonly oneOf?: readonly string[];
  /** How the help shows the argument, where that is neither its type nor a list in brackets (ValueConverter.valuePattern). */
  readonly valuePattern?: string;
  /** One argument holds several values, separated by this character. */
  readonly separatedBy?: string;
  /** It must be given, and the help says so. */
  readonly required?: boolean;
  /** It must be given unless this other option is. */
  readonly requiredUnless?: string;
  /** It may be given only beside one of these others. */
  readonly availableIf?: readonly string[];
  /** An option that Kafka's tool does not have: the help lists it apart. */
  readonly isExtension?: boolean;
}

export type OptionDeclarations = { readonly [name: string]: OptionDeclaration };

type ValueOf<D> = D extends { readonly type: 'String' } ? string : D extends { readonly type: string } ? number : never;

/** The hash of an option, which sets the order in which Kafka's tools list several: that of a list of its one name. */
export const specHash = (name: string): number => (31 + stringHash(name)) | 0;

const parserError = (kind: string, message: string): ToolError => new ToolError(`joptsimple.${kind}`, message);

const INTEGER_RANGE: Record<Exclude<ArgumentType, 'String'>, bigint> = { Integer: 2n ** 31n, Long: 2n ** 63n };

/** What a command line said. Arguments are converted when asked for, so a bad number is reported where it is used. */
export class OptionSet<D extends OptionDeclarations = OptionDeclarations> {
  private readonly detected = new Map<string, string[]>();
  readonly nonOptionArguments: string[] = [];
  /** The options as they stand on the command line, in order, repeated ones included. */
  readonly order: string[] = [];

  constructor(readonly declarations: D) {}

  /** Whether the option stands on the command line. */
  has(name: keyof D & string): boolean {
    return this.detected.has(name);
  }

  /** All its values, else its default. Throws `ToolError` where one does not convert. */
  valuesOf<Name extends keyof D & string>(name: Name): ValueOf<D[Name]>[] {
    const given = this.detected.get(name);
    const declaration = this.declarations[name]!;
    const texts = given?.length ? given : declaration.defaultsTo === undefined ? [] : [declaration.defaultsTo];
    return texts.map((text) => convert(name, declaration, text)) as ValueOf<D[Name]>[];
  }

  /** Its one value, else its default, else undefined. Throws `ToolError` where it was given more than once. */
  valueOf<Name extends keyof D & string>(name: Name): ValueOf<D[Name]> | undefined {
    const values = this.valuesOf(name);
    if (values.length > 1) {
      throw parserError(
        'MultipleArgumentsForOptionException',
        `Found multiple arguments for option ${name}, but you asked for only one`,
      );
    }
    return values[0];
  }

  /** The help table of Kafka's own options, as joptsimple prints it. */
  help(): string {
    return formatHelp(this.declarations);
  }

  /** The help for the others. */
  extensionsHelp(): string {
    return formatExtensions(this.declarations);
  }

  add(name: string, argument?: string): void {
    this.order.push(name);
    const values = this.detected.get(name) ?? [];
    this.detected.set(name, values);
    if (argument === undefined) return;
    const separator = this.declarations[name]!.separatedBy;
    // java.util.StringTokenizer drops empty tokens, but an argument of nothing else is kept whole.
    const tokens = separator === undefined ? [] : argument.split(separator).filter((token) => token !== '');
    values.push(...(tokens.length > 0 ? tokens : [argument]));
  }
}

function integerOf(type: keyof typeof INTEGER_RANGE, text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace('+', ''));
  return value >= -INTEGER_RANGE[type] && value < INTEGER_RANGE[type] ? Number(value) : undefined;
}

function convert(name: string, { type, oneOf }: OptionDeclaration, text: string): string | number {
  if (!oneOf && (type === 'String' || type === undefined)) return text;
  const value = oneOf
    ? oneOf.find((word) => word.toLowerCase() === text.toLowerCase())
    : integerOf(type as keyof typeof INTEGER_RANGE, text);
  if (value !== undefined) return value;
  throw parserError('OptionArgumentConversionException', `Cannot parse argument '${text}' of option ${name}`);
}

const isLongToken = (token: string): boolean => token.startsWith('--') && token.length > 2;
const isShortToken = (token: string): boolean => token.startsWith('-') && token !== '-' && token !== '--';
const looksLikeAnOption = (token: string): boolean => isLongToken(token) || isShortToken(token);

/** Whether a token belongs to an option whose argument may be left out: a number may look like an option, but no other token will do. */
function isArgumentOf({ type }: OptionDeclaration, token: string): boolean {
  return type === 'String' ? !looksLikeAnOption(token) : integerOf(type!, token) !== undefined;
}

function takeArgument(options: OptionSet, name: string, rest: string[]): void {
  const declaration = options.declarations[name]!;
  if (declaration.type === undefined) {
    options.add(name);
  } else if (!declaration.optional) {
    if (rest.length === 0) {
      throw parserError('OptionMissingRequiredArgumentException', `Option ${name} requires an argument`);
    }
    options.add(name, rest.shift());
  } else if (rest.length > 0 && isArgumentOf(declaration, rest[0]!)) {
    options.add(name, rest.shift());
  } else {
    options.add(name);
  }
}

/** Parses a command line. Throws `ToolError` with joptsimple's exception names and messages. */
export function parseOptions<const D extends OptionDeclarations>(
  declarations: D,
  argv: readonly string[],
): OptionSet<D> {
  const options = new OptionSet(declarations);
  const untyped = options as unknown as OptionSet;
  const rest = [...argv];
  while (rest.length > 0) {
    const token = rest.shift()!;
    if (token === '--') {
      options.nonOptionArguments.push(...rest.splice(0));
    } else if (looksLikeAnOption(token)) {
      const text = token.slice(isLongToken(token) ? 2 : 1);
      const equals = text.indexOf('=');
      const name = equals < 0 ? text : text.slice(0, equals);
      if (!Object.hasOwn(declarations, name)) {
        // A single dash might also have begun a cluster of one-letter options, which no tool of Kafka's has.
        const unknown = isLongToken(token) ? name : text[0]!;
        throw parserError('UnrecognizedOptionException', `${unknown} is not a recognized option`);
      }
      if (equals >= 0 && declarations[name]!.type !== undefined) untyped.add(name, text.slice(equals + 1));
      else if (equals >= 0) untyped.add(name);
      else takeArgument(untyped, name, rest);
    } else {
      options.nonOptionArguments.push(token);
    }
  }
  requireOptions(untyped);
  allowOptions(untyped);
  return options;
}

function allowOptions(options: OptionSet): void {
  if (options.has('help') || options.has('version')) return;
  const unavailable = Object.keys(options.declarations).filter((name) => {
    const others = options.declarations[name]!.availableIf;
    return others !== undefined && options.has(name) && !others.some((other) => options.has(other));
  });
  if (unavailable.length === 0) return;
  const list = hashMapOrder(unavailable, specHash).join(', ');
  const message = `Option(s) [${list}] are unavailable given other options on the command line`;
  throw parserError('UnavailableOptionException', message);
}

function requireOptions(options: OptionSet): void {
  if (options.has('help') || options.has('version')) return;
  const missing = Object.keys(options.declarations).filter((name) => {
    const { required, requiredUnless: unless } = options.declarations[name]!;
    return !options.has(name) && (required || (unless !== undefined && !options.has(unless)));
  });
  if (missing.length === 0) return;
  throw parserError('MissingRequiredOptionsException', `Missing required option(s) [${missing.join(', ')}]`);
}
