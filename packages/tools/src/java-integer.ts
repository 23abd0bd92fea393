import { ToolError } from './tool-error';

const INT_LIMIT = 2 ** 31;

/** java.lang.Integer.parseInt. Throws `ToolError` as it does. */
export function parseInteger(text: string): number {
  const value = Number(text);
  if (/^[+-]?\d+$/.test(text) && value >= -INT_LIMIT && value < INT_LIMIT) return value;
  throw new ToolError('java.lang.NumberFormatException', `For input string: "${text}"`);
}

/** java.lang.Long.parseLong, exact to 2^53. Throws `ToolError` as it does. */
export function parseLong(text: string): number {
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw new ToolError('java.lang.NumberFormatException', `For input string: "${text}"`);
}
