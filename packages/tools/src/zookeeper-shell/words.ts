import { CommandError } from './errors';

/** Splits a line as ZooKeeper's CLI does: words, or text in one kind of quotes, which go. */
export function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/\s*([^"']\S*|"[^"]*"|'[^']*')\s*/g)].map((match) => match[1]!.trim());
  return words
    .map((word) => (/^(".*"|'.*')$/s.test(word) ? word.slice(1, -1) : word))
    .filter((word, i) => word || i > 0);
}

/** Options of a command: a letter, and whether a value follows it. */
export type OptionSpec = Readonly<Record<string, 'flag' | 'value'>>;

export interface ParsedWords {
  readonly flags: ReadonlySet<string>;
  readonly values: Readonly<Record<string, string>>;
  /** What is no option, without the command's name. */
  readonly rest: readonly string[];
}

const cliError = (exception: string, message: string) =>
  new CommandError(`org.apache.commons.cli.${exception}: ${message}`);

/** Reads options anywhere among the words, several letters behind one dash too, as commons-cli does. */
export function parseOptions(words: readonly string[], spec: OptionSpec): ParsedWords {
  const flags = new Set<string>();
  const values: Record<string, string> = {};
  const rest: string[] = [];
  for (let i = 1; i < words.length; i++) {
    const word = words[i]!;
    if (!/^-[^-\d]/.test(word)) {
      rest.push(word);
      continue;
    }
    for (let at = 1; at < word.length; at++) {
      const letter = word[at]!;
      const kind = spec[letter];
      if (!kind) throw cliError('UnrecognizedOptionException', `Unrecognized option: ${word}`);
      flags.add(letter);
      if (kind === 'flag') continue;
      const value = word.slice(at + 1) || words[++i];
      if (value === undefined || /^-[^\d]/.test(value)) {
        throw cliError('MissingArgumentException', `Missing argument for option: ${letter}`);
      }
      values[letter] = value;
      break;
    }
  }
  return { flags, values, rest };
}
