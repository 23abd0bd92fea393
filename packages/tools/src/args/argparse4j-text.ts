import { UNBREAKABLE } from './help-format';

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
  // A blank after the last word counts like those between words.
  for (const [piece] of `${text} `.matchAll(UNBREAKABLE)) {
    if (line.length + piece.length > WIDTH) {
      lines.push(justify(line));
      line = '';
    }
    line += piece;
  }
  return [...lines, line.trimEnd()].join('\n');
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

/** The names, of flags or commands, that an unknown word was probably meant to be, as argparse4j proposes them. */
export function likelyNames(unknown: string, names: readonly string[]): string[] {
  const body = unknown.replace(/^-+/, '');
  const ranked = names.map((name) => ({ name, far: distance(body, name) }));
  const nearest = Math.min(...ranked.map(({ far }) => far));
  return nearest >= DISSIMILAR ? [] : ranked.filter(({ far }) => far === nearest).map(({ name }) => name);
}
