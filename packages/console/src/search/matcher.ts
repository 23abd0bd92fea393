import { createContext, Script } from 'node:vm';
import type { ConsumerRecord } from '@odradek/tools/client/consumed';
import { finderOf } from '@odradek/tools/consumer/find';
import { badRequest } from '../http/answer';
import type { MessagesRequest } from './query';

/** Some patterns take for ever on some texts; they must not take the console with them. */
const PATIENCE_MS = 1_000;

export type Matcher = (records: readonly ConsumerRecord[]) => readonly ConsumerRecord[];

/** What finds the wanted among records, by the rules of `kafka-console-consumer --grep --key --header`. */
export function matcherOf(request: MessagesRequest): Matcher {
  const { from, untilMs, key, patterns, text, headers } = request;
  const isFound = finderOf({
    patterns,
    keys: key === undefined ? [] : [key],
    headers,
    sinceMs: from.at === 'time' ? from.timeMs : undefined,
  });
  const needle = text === undefined ? undefined : Buffer.from(text);
  const isWanted = (record: ConsumerRecord): boolean =>
    (untilMs === undefined || record.timestamp <= untilMs) &&
    (needle === undefined || record.value?.includes(needle) === true) &&
    (isFound === undefined || isFound(record));
  const matcher: Matcher = (records) => records.filter(isWanted);
  return patterns.length === 0 ? matcher : interruptible(matcher);
}

/** Nothing but a script of `vm` can be told to end within a regular expression. */
function interruptible(matcher: Matcher): Matcher {
  const script = new Script('match()');
  const world = { match: (): void => {} };
  const context = createContext(world);
  return (records) => {
    let found: readonly ConsumerRecord[] = [];
    world.match = () => {
      found = matcher(records);
    };
    try {
      script.runInContext(context, { timeout: PATIENCE_MS });
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw thrown;
      throw badRequest(
        `The pattern of grep was given up: some messages took it more than ${PATIENCE_MS} ms.`,
        'A pattern without repetitions of repetitions, such as (a+)+',
      );
    }
    return found;
  };
}
