import { loadProperties } from '../client/properties';
import { warnOfMessageFormat } from '../message-format-warning';
import type { Io } from '../print';
import { illegalArgument } from '../tool-error';
import type { ConfigsOptions } from './arguments';

/** What `--alter` is to change. */
export interface Changes {
  readonly added: ReadonlyMap<string, string>;
  readonly deleted: readonly string[];
}

// A comma or an equals sign counts only outside square brackets.
const OUTSIDE_BRACKETS = '(?=[^\\]]*(?:\\[|$))';
const COMMA = new RegExp(`,${OUTSIDE_BRACKETS}`);
const EQUALS = new RegExp(`\\s*=\\s*${OUTSIDE_BRACKETS}`);

/** `k1=v1,k2=[a,b]`. Throws `ToolError` where an entry is not of that form. */
export function parseAddConfig(text: string): Map<string, string> {
  const list = text.replace(/,+$/, '');
  // Java's split makes nothing at all of commas alone.
  const entries = list === '' && text !== '' ? [] : list.split(COMMA);
  const pairs = entries.map((pair) => pair.split(EQUALS));
  if (!pairs.every(({ length }) => length === 2)) {
    throw illegalArgument(
      'requirement failed: Invalid entity config: all configs to be added must be in the format "key=val".',
    );
  }
  return new Map(pairs.map(([name, value]) => [name!.trim(), value!.replace(/[[\]]/g, '').trim()]));
}

/** The configs to add and to delete (ConfigCommand.parseConfigsToBeAdded, …Deleted). */
export function changesOf(options: ConfigsOptions, io: Io): Changes {
  const added = new Map<string, string>();
  if (options.has('add-config-file')) {
    for (const [name, value] of loadProperties(options.valueOf('add-config-file')!)) added.set(name, value);
  }
  if (options.has('add-config')) {
    for (const [name, value] of parseAddConfig(options.valueOf('add-config')!)) added.set(name, value);
  }
  warnOfMessageFormat(added, io);
  for (const name of added.keys()) {
    if (!/^[a-zA-Z0-9._-]*$/.test(name)) throw illegalArgument(`Invalid character found for config key: ${name}`);
  }
  return { added, deleted: options.valuesOf('delete-config').map((name) => name.trim()) };
}
