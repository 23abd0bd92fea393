import type { GroupDescription } from '../client/groups-admin';
import { type JsonDocument, printJson, printJsonLine } from '../json-output';
import type { Io, Outs } from '../print';
import type { Options } from './arguments';
import { allGroups, type Clients, describeGroups } from './collect';
import { membersJson, printMembers } from './members';
import { collectOffsets, offsetsJson, printOffsets } from './offsets';
import { printState, stateJson } from './states';
import { watch } from './watch';

/** What one description found, ready to be printed. */
interface Description {
  print(outs: Outs): void;
  json(): JsonDocument;
}

async function describe(clients: Clients, groupIds: readonly string[], options: Options): Promise<Description> {
  const groups = await describeGroups(clients, groupIds);
  if (options.has('members')) {
    const isVerbose = options.has('verbose');
    return descriptionOf(groups, (group, outs) => printMembers(group, isVerbose, outs), membersJson);
  }
  if (options.has('state')) return descriptionOf(groups, printState, stateJson);
  const offsets = [];
  for (const group of groups) offsets.push(await collectOffsets(clients, group));
  return descriptionOf(offsets, printOffsets, offsetsJson);
}

const descriptionOf = <T>(
  items: readonly T[],
  print: (item: T, outs: Outs) => void,
  json: (item: T) => JsonDocument,
): Description => ({
  print: (outs) => {
    for (const item of items) print(item, outs);
  },
  json: () => ({ groups: items.map(json) }),
});

const isMissing = ({ state }: GroupDescription | { state?: unknown }): boolean => state === 'Dead';

/** `--describe`, once or (`--watch`) until interrupted. Returns the exit code. */
export async function runDescribe(clients: Clients, options: Options, io: Io): Promise<number> {
  const asksJson = options.has('json');
  const once = async (): Promise<Description> => {
    const groupIds = options.has('all-groups') ? await allGroups(clients) : options.valuesOf('group');
    return describe(clients, groupIds, options);
  };
  if (options.has('watch')) {
    const show = (description: Description, outs: Outs): void =>
      asksJson ? printJsonLine(outs, description.json()) : description.print(outs);
    return watch(once, show, { intervalMs: options.valueOf('interval-ms')!, isTable: !asksJson }, io);
  }
  const description = await once();
  if (!asksJson) {
    description.print(io);
    return 0;
  }
  const document = description.json();
  printJson(io, document);
  return (document.groups as { state: string }[]).some(isMissing) ? 1 : 0;
}
