import { ZooKeeperError } from './zookeeper';

/** What nearly all paths are: nothing need be looked for in them. */
const PLAIN = /^(?:\/[\w-][\w.-]*)+$/;
/** Control characters, surrogates and private ones, and what Unicode has set apart. */
const UNFIT = /[\x01-\x1f\x7f-\x9f\ud800-\uf8ff\ufff0-\uffff]/;

/**
 * Throws BAD_ARGUMENTS for what no znode can be called, in the words of ZooKeeper's client (PathUtils.validatePath): a
 * server would drop the connection.
 */
export function checkPath(path: string): void {
  if (path === '/' || PLAIN.test(path)) return;
  const refuse = (message: string): never => {
    throw new ZooKeeperError('BAD_ARGUMENTS', path, message);
  };
  if (path === '') refuse('Path length must be > 0');
  if (!path.startsWith('/')) refuse('Path must start with / character');
  if (path.endsWith('/')) refuse('Path must not end with / character');
  for (let at = 1; at < path.length; at++) {
    const reason = reasonAt(path, at);
    if (reason !== null) refuse(`Invalid path string "${path}" caused by ${reason} @${at}`);
  }
}

function reasonAt(path: string, at: number): string | null {
  const char = path[at]!;
  if (char === '\0') return 'null character not allowed';
  if (char === '/') return path[at - 1] === '/' ? 'empty node name specified' : null;
  if (char !== '.') return UNFIT.test(char) ? 'invalid character' : null;
  const isLast = at + 1 === path.length || path[at + 1] === '/';
  const begins = path[at - 1] === '.' ? at - 1 : at;
  return isLast && path[begins - 1] === '/' ? 'relative paths not allowed' : null;
}
