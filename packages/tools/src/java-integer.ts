import { ToolError } from './tool-error';

const INT_LIMIT = 2 ** 31;
const LONG_LIMIT = 2n ** 63n;

/** java.lang.Integer.parseInt. Throws `ToolError` as it does. */
export function parseInteger(text: string): number {
  const value = Number(text);
  if (/^[+-]?\d+$/.test(text) && value >= -INT_LIMIT && value < INT_LIMIT) return value;
  throw new ToolError('java.lang.NumberFormatException', `For input string: "${text}"`);
}

/** Whether java.lang.Long.parseLong takes the text. */
export function isLong(text: string): boolean {
  if (!/^[+-]?\d+$/.test(text)) return false;
  const value = BigInt(text.replace('+', ''));
  return value >= -LONG_LIMIT && value < LONG_LIMIT;
}

/** java.lang.Long.parseLong, exact to 2^53. Throws `ToolError` as it does. */
export function parseLong(text: string): number {
  if (isLong(text)) return Number(text);
  throw new ToolError('java.lang.NumberFormatException', `For input string: "${text}"`);
}
