/**
 * A document, as the tests read it. What a reader types stands in blocks of `sh`, what is then seen in the block of `text`
 * right after it. Words behind the language, which a rendered page does not show, say the rest:
 *
 *     sh                    is run to its end, which must be a success
 *     sh fails              … which must not be one
 *     sh repeat             is run again until what it prints is what the text says
 *     sh terminal=NAME      goes on in a terminal of its own: a server, a consumer
 *     text terminal=NAME    what that terminal shows from here on
 *     text unordered        the lines in any order
 *     js                    is run by Node, to its end
 *
 * In a text `…` stands for what varies, alone on a line for any number of lines. In that of a terminal, a line that begins with `>` is typed after this
 * prompt, and `^C` and `^D` are the keys.
 */
export interface Step {
  /** Of the block's first line in the file. */
  readonly line: number;
  /** What is run, unless the step only looks at a terminal that is there already. */
  readonly script: string | null;
  readonly program: 'sh' | 'js';
  readonly ending: 'succeeds' | 'fails' | 'repeats';
  readonly terminal: string | null;
  readonly seen: Seen | null;
}

/** What is to be seen. */
export interface Seen {
  readonly text: string;
  readonly isUnordered: boolean;
}

interface Block {
  readonly line: number;
  readonly language: string;
  readonly words: readonly string[];
  readonly body: string;
}

const WORDS: Readonly<Record<string, RegExp>> = {
  sh: /^(fails|repeat|terminal=[\w-]+)$/,
  text: /^(unordered|terminal=[\w-]+)$/,
  js: /^$/,
};

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; info: string; body: string[] } | undefined;
  for (const [at, line] of markdown.split('\n').entries()) {
    if (open && line === '```') {
      const [language = '', ...words] = open.info.split(' ').filter((word) => word !== '');
      blocks.push({ line: open.line, language, words, body: open.body.map((text) => `${text}\n`).join('') });
      open = undefined;
    } else if (open) open.body.push(line);
    else if (line.startsWith('```')) open = { line: at + 1, info: line.slice(3), body: [] };
  }
  if (open) throw new Error(`line ${open.line}: this block has no end`);
  return blocks;
}

/** What a reader of the document does and sees, in order. Blocks of other languages are for reading only. */
export function stepsOf(markdown: string): Step[] {
  const steps: Step[] = [];
  let mayBeFollowed = false;
  for (const { line, language, words, body } of blocksOf(markdown)) {
    const known = WORDS[language];
    const unknown = known && words.find((word) => !known.test(word));
    if (unknown) throw new Error(`line ${line}: ${language} ${unknown}`);
    const terminal = words.find((word) => word.startsWith('terminal='))?.slice('terminal='.length) ?? null;
    const seen = { text: body, isUnordered: words.includes('unordered') };
    if (language === 'text' && terminal === null) {
      if (!mayBeFollowed) throw new Error(`line ${line}: nothing is run right before this text`);
      steps.push({ ...steps.pop()!, seen });
    } else if (language === 'text') {
      steps.push({ line, script: null, program: 'sh', ending: 'succeeds', terminal, seen });
    } else if (language === 'sh' || language === 'js') {
      const ending = words.includes('fails') ? 'fails' : words.includes('repeat') ? 'repeats' : 'succeeds';
      steps.push({ line, script: body, program: language, ending, terminal, seen: null });
    }
    mayBeFollowed = language === 'sh' || language === 'js';
  }
  const endless = steps.find(({ ending, seen }) => ending === 'repeats' && !seen);
  if (endless) throw new Error(`line ${endless.line}: repeated until what is seen?`);
  return steps;
}

/** Lines that say something, with single blanks: columns are not measured. */
export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter((line) => line !== '');

const ANY_LINES = '(?:.*\\n)*?';

function lineRegExp(line: string): string {
  if (line === '…') return ANY_LINES;
  const literal = line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return `${literal.replace(/ …$/, '(?: .*)?').replaceAll('…', '.*')}\\n`;
}

/** Whether all that was printed is what the text says. */
export function isSeen({ text, isUnordered }: Seen, printed: string): boolean {
  const [wanted, got] = [linesOf(text), linesOf(printed)];
  if (!isUnordered) return new RegExp(`^${wanted.map(lineRegExp).join('')}$`).test(got.map((l) => `${l}\n`).join(''));
  return (
    wanted.length === got.length &&
    wanted.every((line) => got.some((other) => new RegExp(`^${lineRegExp(line)}$`).test(`${other}\n`)))
  );
}

/** How much of what was printed the lines account for, from its beginning; undefined where they do not (yet). Only whole lines count. */
export function seenUpTo(lines: readonly string[], printed: string): number | undefined {
  const whole = printed.slice(0, printed.lastIndexOf('\n') + 1);
  // Line for line, so that the end can be told in the text as it was printed.
  const ends = [...whole.matchAll(/\n/g)].map(({ index }) => index + 1);
  const pattern = new RegExp(`^${lines.map(lineRegExp).join('')}$`);
  return [0, ...ends].find((end) => {
    const got = linesOf(whole.slice(0, end));
    return pattern.test(got.map((line) => `${line}\n`).join(''));
  });
}
