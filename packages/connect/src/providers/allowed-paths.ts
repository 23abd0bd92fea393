import { existsSync } from 'node:fs';
import { isAbsolute, normalize, sep } from 'node:path';
import { configException, ToolError } from '@odradek/tools/tool-error';

/** Which paths a provider may read (org.apache.kafka.common.config.internals.AllowedPaths, KIP-933). */
export class AllowedPaths {
  /** Undefined: all. */
  private readonly roots: readonly string[] | undefined;

  /** @param setting the value of `allowed.paths`. Throws `ToolError` for what is no absolute path, or is not there. */
  constructor(setting: string | undefined) {
    // Java's split leaves out what is empty at the end.
    this.roots = setting ? setting.replace(/,+$/, '').split(',').filter(Boolean).map(rootOf) : undefined;
  }

  /** The path as it may be read; undefined where it may not. Links are followed wherever they lead. */
  check(path: string): string | undefined {
    if (path.includes('\0'))
      throw new ToolError('java.nio.file.InvalidPathException', `Nul character not allowed: ${path}`);
    if (!this.roots) return path;
    const plain = withoutEnd(normalize(path));
    const isWithin = (root: string): boolean => plain === root || plain.startsWith(root === sep ? sep : root + sep);
    return this.roots.some(isWithin) ? plain : undefined;
  }
}

const withoutEnd = (path: string): string => (path.length > 1 && path.endsWith(sep) ? path.slice(0, -1) : path);

function rootOf(text: string): string {
  const path = withoutEnd(normalize(text));
  if (!isAbsolute(text)) throw configException(`Path ${path} is not absolute`);
  if (!existsSync(path)) throw configException(`Path ${path} does not exist`);
  return path;
}
