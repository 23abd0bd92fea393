import { readFileSync } from 'node:fs';
import { parse } from 'dot-properties';
import { illegalArgument, ToolError } from '../tool-error';

/** Client or tool properties: a file's, then those of the command line over them. */
export type Properties = Map<string, string>;

/** An escape `\u`, its backslash not itself escaped, without four hexadecimal digits. */
const BAD_ESCAPE = /^(?:[^\\]|\\(?!u)[\s\S]|\\u[0-9a-f]{4})*\\u(?![0-9a-f]{4})/i;

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

/** Reads the text of a properties file. Throws `ToolError` as java.util.Properties does. */
export function parseProperties(text: string): Properties {
  // The library takes an escape that is cut short as it stands.
  const hasBadEscape = text.split(/\r\n|\r|\n/).some((line) => !/^[ \t\f]*[#!]/.test(line) && BAD_ESCAPE.test(line));
  if (hasBadEscape) throw illegalArgument('Malformed \\uxxxx encoding.');
  return new Map(Object.entries(parse(text) as Record<string, string>));
}

/** What Java calls a file that cannot be opened. */
export function fileError(path: string, { code, message }: NodeJS.ErrnoException): ToolError {
  if (code === 'ENOENT') return new ToolError('java.nio.file.NoSuchFileException', path);
  if (code === 'EACCES') return new ToolError('java.nio.file.AccessDeniedException', path);
  return new ToolError('java.io.IOException', code === 'EISDIR' ? 'Is a directory' : message);
}
