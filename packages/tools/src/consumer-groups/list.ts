import { executionError } from '../client/futures';
import type { GroupListing } from '../client/groups-admin';
import { hashMapOrder, stringHash } from '../java-order';
import { printJson } from '../json-output';
import { type Io, println } from '../print';
import { illegalArgument, ToolError } from '../tool-error';
import type { Options } from './arguments';
import { allGroups, type Clients } from './collect';
import { row, widthOf } from './columns';

const STATES = ['PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead', 'Empty', 'Assigning', 'Reconciling'];
const TYPES = ['Consumer', 'Classic'];
const UNKNOWN = 'Unknown';
const LEAST_WIDTH = 15;
const GAP = 10;
const COLUMN_WIDTH = 20;

/** The names of a `--state` or `--type` list, in their own spelling. Throws where one is none of `known`. */
function parseNames(text: string | undefined, known: readonly string[], what: string): string[] {
  if (text === undefined || text === '') return [];
  // Java's split drops empty strings at the end.
  const list = text.replace(/,+$/, '');
  const words = list === '' ? [] : list.split(',');
  return words.map((word) => {
    const found = known.find((name) => name.toLowerCase() === word.trim().toLowerCase());
    if (found) return found;
    throw illegalArgument(
      `Invalid ${what} '${text}'. Valid ${known === TYPES ? 'types' : 'states'} are: ${known.join(', ')}`,
    );
  });
}

/** The groups that the filters let through, in the order of a java.util.HashMap. */
async function listings({ groups }: Clients, options: Options): Promise<GroupListing[]> {
  const type = options.has('type') ? options.valueOf('type') : undefined;
  const types = parseNames(type, TYPES, 'types list');
  const states = parseStates(options.has('state') ? options.valueOf('state') : undefined);
  try {
    return hashMapOrder(await groups.listGroups(states, types), ({ groupId }) => stringHash(groupId));
  } catch (thrown) {
    throw thrown instanceof ToolError ? executionError(thrown) : thrown;
  }
}

const parseStates = (text: string | undefined): string[] => parseNames(text, STATES, 'state list');

/** `--list`: names, and with `--type` or `--state` a table. */
export async function runList(clients: Clients, options: Options, io: Io): Promise<void> {
  const hasType = options.has('type');
  const hasState = options.has('state');
  if (options.has('json')) {
    const found = await listings(clients, options);
    printJson(io, {
      groups: found.map(({ groupId, type = null, state = null }) => ({ group: groupId, type, state })),
    });
    return;
  }
  if (!hasType && !hasState) {
    for (const groupId of await allGroups(clients)) println(io.stdout, groupId);
    return;
  }
  const found = await listings(clients, options);
  const width = widthOf(
    LEAST_WIDTH,
    found.map(({ groupId }) => groupId),
  );
  const widths = [width + GAP, COLUMN_WIDTH, COLUMN_WIDTH];
  const cells = (group: string, type: string, state: string): string[] => [
    group,
    ...(hasType ? [type] : []),
    ...(hasState ? [state] : []),
  ];
  println(io.stdout, row(cells('GROUP', 'TYPE', 'STATE'), widths));
  for (const { groupId, type = UNKNOWN, state = UNKNOWN } of found) {
    println(io.stdout, row(cells(groupId, type, state), widths));
  }
}
