import { readFileSync } from 'node:fs';
import { parse } from 'dot-properties';
import { configException, ToolError } from '../tool-error';

/** Client or tool properties: a file's, then those of the command line over them. */
export type Properties = Map<string, string>;

/** Reads a properties file. Throws `ToolError` where it cannot be read. */
export function loadProperties(path: string): Properties {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (thrown) {
    throw fileError(path, thrown as NodeJS.ErrnoException);
  }
  return parseProperties(text);
}

/** Reads the text of a properties file. */
export const parseProperties = (text: string): Properties =>
  new Map(Object.entries(parse(text) as Record<string, string>));

/** What Java calls a file that cannot be opened. */
export function fileError(path: string, { code, message }: NodeJS.ErrnoException): ToolError {
  if (code === 'ENOENT') return new ToolError('java.nio.file.NoSuchFileException', path);
  if (code === 'EACCES') return new ToolError('java.nio.file.AccessDeniedException', path);
  return new ToolError('java.io.IOException', code === 'EISDIR' ? 'Is a directory' : message);
}

function invalid(name: string, value: string, why: string): ToolError {
  return configException(`Invalid value ${value} for configuration ${name}: ${why}`);
}

interface Range {
  readonly min?: number;
  readonly max?: number;
}

const INT_MAX = 0x7fffffff;

/** An INT config. Throws `ToolError` with ConfigDef's messages. */
export function intConfig(properties: Properties, name: string, fallback: number, { min, max }: Range = {}): number {
  const text = properties.get(name)?.trim();
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text) || Math.abs(value) > INT_MAX) throw invalid(name, text, 'Not a number of type INT');
  return inRange(name, value, min, max);
}

/** A LONG config. */
export function longConfig(properties: Properties, name: string, fallback: number, { min, max }: Range = {}): number {
  const text = properties.get(name)?.trim();
  if (text === undefined) return fallback;
  if (!/^[+-]?\d+$/.test(text)) throw invalid(name, text, 'Not a number of type LONG');
  return inRange(name, Number(text), min, max);
}

function inRange(name: string, value: number, min: number | undefined, max: number | undefined): number {
  if (min !== undefined && value < min) throw invalid(name, String(value), `Value must be at least ${min}`);
  if (max !== undefined && value > max) throw invalid(name, String(value), `Value must be no more than ${max}`);
  return value;
}

/** A BOOLEAN config. */
export function booleanConfig(properties: Properties, name: string, fallback: boolean): boolean {
  const text = properties.get(name)?.trim();
  if (text === undefined) return fallback;
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  throw invalid(name, text, 'Expected value to be either true or false');
}

/** A STRING config that must be one of `allowed`. */
export function enumConfig<const T extends string>(
  properties: Properties,
  name: string,
  fallback: T,
  allowed: readonly T[],
): T {
  const text = properties.get(name);
  if (text === undefined) return fallback;
  const found = allowed.find((value) => value === text.toLowerCase());
  if (found === undefined) throw invalid(name, text, `String must be one of: ${allowed.join(', ')}`);
  return found;
}

/** Refuses what these tools cannot do yet, rather than connect in the clear where encryption was asked for. */
export function requirePlaintext(properties: Properties): void {
  const protocol = properties.get('security.protocol') ?? 'PLAINTEXT';
  if (protocol.toUpperCase() === 'PLAINTEXT') return;
  throw configException(
    `security.protocol=${protocol} is not supported by this version of the tools. Use a PLAINTEXT listener.`,
  );
}
