import type { SendCallback } from '@odradek/tools/client/accumulator';
import type { Producer } from '@odradek/tools/client/producer';
import { bufferedOuts } from '@odradek/tools/print';
import { sourceConfigDef } from '../config/connector-config';
import { SimpleHeaderConverter } from '../converters/simple-header-converter';
import { StringConverter } from '../converters/string-converter';
import type { SourceRecord } from '../data/record';
import { Loggers } from '../log';
import type { SourceOffsets } from '../offsets/source-offsets';
import type { SourceOffset, SourceTask } from '../plugins/api';
import { builtinPlugins } from '../plugins/builtin';
import { Plugins } from '../plugins/plugins';
import { ErrorHandling } from './error-handling';
import { SourceTaskRunner } from './source-task-runner';

const recordAt = (position: number): SourceRecord => ({
  sourcePartition: new Map([['file', 'f']]),
  sourceOffset: new Map([['position', position]]),
  topic: 't',
  partition: null,
  keySchema: null,
  key: null,
  valueSchema: null,
  value: `v${position}`,
  timestamp: 1,
  headers: [],
});

/** A promise that is settled from outside. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

interface World {
  readonly runner: SourceTaskRunner;
  /** What happened to the task, in order. */
  readonly events: string[];
  readonly sent: unknown[];
  readonly callbacks: SendCallback[];
  readonly ended: Promise<void>;
  /** What was logged. */
  log(): string;
}

const METADATA = { topic: 't', partition: 0, offset: 0 };

function world(task: Partial<SourceTask>, set: (offsets: readonly SourceOffset[]) => Promise<void>): World {
  const [events, sent, callbacks]: [string[], unknown[], SendCallback[]] = [[], [], []];
  const end = gate();
  const say = (event: string) => () => {
    events.push(event);
    if (event === 'ended' || event === 'failed') end.open();
  };
  const listener = {
    onStartup: say('started'),
    onPause: say('paused'),
    onResume: say('resumed'),
    onShutdown: say('ended'),
    onFailure: say('failed'),
  };
  const producer = {
    start: () => Promise.resolve(),
    send: ({ value }: { value: Buffer }, callback: SendCallback) => {
      sent.push(value.toString());
      callbacks.push(callback);
    },
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(say('closed')()),
    abort: say('aborted'),
  } as unknown as Producer;
  const props = new Map([
    ['name', 'x'],
    ['connector.class', 'y'],
  ]);
  const config = sourceConfigDef(new Plugins(builtinPlugins())).parse(props);
  const io = bufferedOuts();
  const log = new Loggers(io.outs.stdout).logger('test');
  const runner: SourceTaskRunner = new SourceTaskRunner('x-0', 'STARTED', listener, log, {
    task: { start: () => undefined, poll: () => null, stop: () => undefined, ...task },
    props,
    producer,
    offsets: { get: () => null, set } as unknown as SourceOffsets,
    topics: undefined,
    flushIntervalMs: 1,
    flushTimeoutMs: 60_000,
    used: () => undefined,
    keyConverter: new StringConverter(),
    valueConverter: new StringConverter(),
    headerConverter: new SimpleHeaderConverter(),
    classNames: { key: 'K', value: 'V', header: 'H' },
    stages: [],
    errors: new ErrorHandling(config, [], (ms) => runner.sleep(ms)),
  });
  return { runner, events, sent, callbacks, ended: end.opened, log: io.stdout };
}

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
};

const positionsOf = (offsets: readonly SourceOffset[]): unknown[] =>
  offsets.map(({ offset }) => offset?.get('position'));

it('writes offsets down once their records are there, and not before', async () => {
  const batches = [[recordAt(1), recordAt(2)]];
  const saved: unknown[] = [];
  const { runner, callbacks, ended } = world({ poll: () => batches.shift() ?? null }, async (offsets) => {
    saved.push(...positionsOf(offsets));
  });
  runner.start();
  await until(() => callbacks.length === 2);
  callbacks[1]!(undefined, METADATA);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(saved).toEqual([]);
  callbacks[0]!(undefined, METADATA);
  runner.requestStop();
  await ended;
  expect(saved).toEqual([2]);
});

it('writes offsets down later where that failed, though no record follows', async () => {
  const batches = [[recordAt(1)]];
  const tries: unknown[][] = [];
  const { runner, callbacks, ended } = world({ poll: () => batches.shift() ?? null }, async (offsets) => {
    tries.push(positionsOf(offsets));
    if (tries.length === 1) throw new Error('disk full');
  });
  runner.start();
  await until(() => callbacks.length === 1);
  callbacks[0]!(undefined, METADATA);
  await until(() => tries.length >= 2);
  runner.requestStop();
  await ended;
  expect(tries).toEqual([[1], [1]]);
});

it('sends and writes down nothing once its end is waited for no more', async () => {
  const stuck = gate();
  const saved: unknown[] = [];
  const poll = jest.fn(async () => {
    await stuck.opened;
    return [recordAt(1)];
  });
  const { runner, events, sent } = world({ poll }, async (offsets) => {
    saved.push(...positionsOf(offsets));
  });
  runner.start();
  await until(() => poll.mock.calls.length === 1);
  runner.requestStop();
  expect(await runner.awaitStop(1)).toBe(false);
  runner.cancel();
  stuck.open();
  expect(await runner.awaitStop(60_000)).toBe(true);
  expect({ sent, saved }).toEqual({ sent: [], saved: [] });
  expect(events).not.toContain('ended');
});

it('takes what a task leaves out of a record for null, and sends it', async () => {
  const batches = [[{ topic: 't', value: 'short', key: undefined }]];
  const { runner, events, sent, callbacks, ended } = world(
    { poll: () => batches.shift() ?? null },
    async () => undefined,
  );
  runner.start();
  await until(() => callbacks.length === 1 || events.includes('failed'));
  callbacks[0]?.(undefined, METADATA);
  runner.requestStop();
  await ended;
  expect(sent).toEqual(['short']);
  expect(events).toContain('ended');
});

it.each(['sourcePartition', 'sourceOffset'])('says so where the %s of a record is no map', async (part) => {
  const batches = [[{ topic: 't', value: 'x', [part]: { n: 1 } }]];
  const task = { poll: () => batches.shift() ?? null };
  const { runner, events, callbacks, log, ended } = world(task, async () => undefined);
  runner.start();
  await until(() => events.includes('failed') || callbacks.length === 1);
  callbacks[0]?.(undefined, METADATA);
  runner.requestStop();
  await ended;
  expect(log()).toContain(`The ${part} of a record for topic t is no Map`);
});
