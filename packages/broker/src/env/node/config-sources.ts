import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ConfigSources } from '../config-sources';

function orNull<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** What config providers may read on this machine. */
export const nodeConfigSources: ConfigSources = {
  readFile: (path) => orNull(() => readFileSync(path)),
  list: (path) =>
    orNull(() =>
      readdirSync(path, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name),
    ),
  exists: existsSync,
  environment: process.env,
};
