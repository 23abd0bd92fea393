import type { Token } from '../client/tokens-admin';

const WIDTHS = [15, 30, 15, 15, 25, 15, 15, 15];
const HEADER = ['TOKENID', 'HMAC', 'OWNER', 'REQUESTER', 'RENEWERS', 'ISSUEDATE', 'EXPIRYDATE', 'MAXDATE'];

const row = (cells: readonly string[]): string =>
  `\n${cells.map((cell, index) => cell.padEnd(WIDTHS[index]!)).join(' ')}\n`;

const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-11-21T19:30`, local. */
export function minuteText(timeMs: number): string {
  const date = new Date(timeMs);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The table of tokens, as Apache's tool prints it: an empty line before every row. */
export const tokenTable = (tokens: readonly Token[]): string =>
  [
    HEADER,
    ...tokens.map((token) => [
      token.tokenId,
      token.hmac.toString('base64'),
      token.owner,
      token.requester,
      `[${token.renewers.join(', ')}]`,
      minuteText(token.issueTimestampMs),
      minuteText(token.expiryTimestampMs),
      minuteText(token.maxTimestampMs),
    ]),
  ]
    .map(row)
    .join('');
