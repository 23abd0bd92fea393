/** JSON made readable without being understood: digits stay as they were sent (a parser would round 64-bit numbers). */

export type TokenKind = 'key' | 'string' | 'number' | 'word' | 'plain';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const LEXEME = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/g;

/** The tokens of a JSON object or array, indented; null where the text is neither. */
export function prettyJson(text: string): readonly Token[] | null {
  if (!/^\s*[{[]/.test(text) || !isJson(text)) return null;
  const lexemes = text.match(LEXEME)!;
  const tokens: Token[] = [];
  const plain = (piece: string): void => {
    const last = tokens.at(-1);
    if (last?.kind === 'plain') tokens[tokens.length - 1] = { kind: 'plain', text: last.text + piece };
    else tokens.push({ kind: 'plain', text: piece });
  };
  let depth = 0;
  const newLine = (): void => plain(`\n${'  '.repeat(depth)}`);
  lexemes.forEach((lexeme, i) => {
    if (lexeme === '{' || lexeme === '[') {
      plain(lexeme);
      depth++;
      if (!isClosing(lexemes[i + 1])) newLine();
    } else if (isClosing(lexeme)) {
      depth--;
      if (!isOpening(lexemes[i - 1])) newLine();
      plain(lexeme);
    } else if (lexeme === ',') {
      plain(',');
      newLine();
    } else if (lexeme === ':') plain(': ');
    else tokens.push({ kind: kindOf(lexeme, lexemes[i + 1]), text: lexeme });
  });
  return tokens;
}

const isClosing = (lexeme: string | undefined): boolean => lexeme === '}' || lexeme === ']';
const isOpening = (lexeme: string | undefined): boolean => lexeme === '{' || lexeme === '[';

function kindOf(lexeme: string, next: string | undefined): TokenKind {
  if (lexeme.startsWith('"')) return next === ':' ? 'key' : 'string';
  return /^[-\d]/.test(lexeme) ? 'number' : 'word';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
