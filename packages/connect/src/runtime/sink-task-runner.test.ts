import type { ConsumerRecord } from '@odradek/tools/client/consumed';
import type { GroupConsumer, RebalanceListener } from '@odradek/tools/client/group-consumer';
import { bufferedOuts } from '@odradek/tools/print';
import { sinkConfigDef } from '../config/connector-config';
import { SimpleHeaderConverter } from '../converters/simple-header-converter';
import { StringConverter } from '../converters/string-converter';
import type { SinkRecord } from '../data/record';
import { DataError, RetriableError } from '../errors';
import { Loggers } from '../log';
import type { SinkOffset, SinkTask, SinkTaskContext } from '../plugins/api';
import { builtinPlugins } from '../plugins/builtin';
import { Plugins } from '../plugins/plugins';
import { ErrorHandling, type Failure } from './error-handling';
import { type SinkTaskParts, SinkTaskRunner } from './sink-task-runner';

const PARTITION = { topic: 't', partition: 0 };

const recordAt = (offset: number): ConsumerRecord => ({
  ...PARTITION,
  offset,
  timestamp: 1,
  timestampType: 'CreateTime',
  key: null,
  value: Buffer.from(`v${offset}`),
  headers: [],
});

/** A group of one member with one partition that holds so many records; polls that find nothing end at once. */
class FakeConsumer {
  readonly commits: number[] = [];
  position = 0;

  constructor(
    private readonly count: number,
    private readonly listener: RebalanceListener,
    /** Whether a rebalance takes the partition and gives it back, at the next poll. */
    private readonly isLost: () => boolean = () => false,
  ) {}

  async begin(): Promise<void> {
    await this.listener.onPartitionsAssigned?.([PARTITION]);
  }

  async poll(): Promise<Iterable<ConsumerRecord> | undefined> {
    if (this.isLost()) {
      await this.listener.onPartitionsLost?.([PARTITION]);
      await this.listener.onPartitionsAssigned?.([PARTITION]);
      this.position = 0;
    }
    await new Promise((resolve) => setImmediate(resolve));
    if (this.position >= this.count) return undefined;
    const consumer = this;
    return (function* () {
      while (consumer.position < consumer.count) yield recordAt(consumer.position++);
    })();
  }

  seek(_: unknown, offset: number): void {
    this.position = offset;
  }

  commit(offsets: readonly SinkOffset[]): Promise<void> {
    this.commits.push(offsets[0]!.offset);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.listener.onPartitionsRevoked?.([PARTITION]);
  }
}

interface Run {
  readonly failures: Failure[];
  readonly trace: string[];
  readonly commits: readonly number[];
}

/** Runs a task over three records until `isDone`, with errors.tolerance as told. */
async function run(
  task: Partial<SinkTask>,
  isDone: () => boolean,
  tolerance = 'none',
  others: Partial<SinkTaskParts> = {},
): Promise<Run> {
  const [failures, trace]: [Failure[], string[]] = [[], []];
  let consumer: FakeConsumer | undefined;
  let ended: (() => void) | undefined;
  const end = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const config = sinkConfigDef(new Plugins(builtinPlugins())).parse(
    new Map([
      ['name', 'x'],
      ['connector.class', 'y'],
      ['errors.tolerance', tolerance],
    ]),
  );
  const report = (failure: Failure): Promise<void> => {
    failures.push(failure);
    return Promise.resolve();
  };
  const listener = {
    onStartup: () => undefined,
    onPause: () => undefined,
    onResume: () => undefined,
    onShutdown: () => ended!(),
    onFailure: (error: Error) => {
      trace.push(error.toString());
      ended!();
    },
  };
  const log = new Loggers(bufferedOuts().outs.stdout).logger('test');
  const runner: SinkTaskRunner = new SinkTaskRunner('x-0', 'STARTED', listener, log, {
    task: { start: () => undefined, put: () => undefined, stop: () => undefined, ...task },
    props: new Map(),
    createConsumer: async (rebalances) => {
      consumer = new FakeConsumer(3, rebalances);
      await consumer.begin();
      return consumer as unknown as GroupConsumer;
    },
    keyConverter: new StringConverter(),
    valueConverter: new StringConverter(),
    headerConverter: new SimpleHeaderConverter(),
    classNames: { key: 'K', value: 'V', header: 'H' },
    stages: [],
    errors: new ErrorHandling(config, [{ report }], (ms) => runner.sleep(ms)),
    commitIntervalMs: 5,
    used: () => undefined,
    close: () => Promise.resolve(),
    ...others,
  });
  runner.start();
  const watching = setInterval(() => {
    if (isDone()) runner.requestStop();
  }, 1);
  await end;
  clearInterval(watching);
  return { failures, trace, commits: consumer?.commits ?? [] };
}

const valuesOf = (records: readonly SinkRecord[]): unknown[] => records.map(({ value }) => value);

it('commits what was put, and nothing before', async () => {
  const put: unknown[] = [];
  const { commits, trace } = await run(
    {
      put: (records) => {
        put.push(...valuesOf(records));
      },
    },
    () => put.length === 3,
  );
  expect(put).toEqual(['v0', 'v1', 'v2']);
  expect(commits.at(-1)).toBe(3);
  expect(trace).toEqual([]);
});

it('puts the same records again after a RetriableError', async () => {
  const tries: unknown[][] = [];
  const { commits } = await run(
    {
      put: (records) => {
        tries.push(valuesOf(records));
        if (tries.length < 3) throw new RetriableError('later');
      },
    },
    () => tries.length >= 3,
  );
  expect(tries.slice(0, 3)).toEqual(new Array(3).fill(['v0', 'v1', 'v2']));
  expect(commits.every((offset) => offset === 3)).toBe(true);
});

it('fails for any other error, and commits nothing of that batch', async () => {
  const { commits, trace } = await run(
    {
      put: () => {
        throw new Error('no');
      },
    },
    () => false,
  );
  expect(trace[0]).toContain('Exiting WorkerSinkTask due to unrecoverable exception.\nCaused by: Error: no');
  expect(commits).toEqual([]);
});

it('reads again from the last commit where a flush fails', async () => {
  let flushes = 0;
  const put: unknown[] = [];
  await run(
    {
      put: (records) => {
        put.push(...valuesOf(records));
      },
      flush: () => {
        if (flushes++ === 0) throw new Error('disk');
      },
    },
    () => put.length >= 6,
  );
  expect(put.slice(0, 6)).toEqual(['v0', 'v1', 'v2', 'v0', 'v1', 'v2']);
});

it('reads on where a rebalance took away what was to be put again', async () => {
  let tries = 0;
  const others = {
    createConsumer: async (rebalances: RebalanceListener) => {
      const consumer = new FakeConsumer(3, rebalances, () => tries === 1);
      await consumer.begin();
      return consumer as unknown as GroupConsumer;
    },
  };
  const put: unknown[] = [];
  const task = {
    put: (records: readonly SinkRecord[]) => {
      if (++tries === 1) throw new RetriableError('later');
      put.push(...valuesOf(records));
    },
  };
  await run(task, () => put.length === 3, 'none', others);
  expect(put).toEqual(['v0', 'v1', 'v2']);
});

it('reports a record once, whatever else is wrong with it', async () => {
  const bad = {
    configure: () => undefined,
    fromConnectData: () => null,
    toConnectData: () => {
      throw new DataError('bad');
    },
  };
  let puts = 0;
  const task = { put: () => void puts++ };
  const { failures } = await run(task, () => puts > 0, 'all', { keyConverter: bad, valueConverter: bad });
  expect(failures.map(({ stage }) => stage)).toEqual(new Array(3).fill('KEY_CONVERTER'));
});

it('what a task could not write is reported as it was read, and else as the task gives it', async () => {
  let context: SinkTaskContext;
  let isDone = false;
  const { failures } = await run(
    {
      start: (_props, given) => {
        context = given;
      },
      put: async ([record]) => {
        await context.reportErrant(record!, new Error('as read'));
        const other = { ...record!, value: 'changed', headers: [{ key: 'h', schema: null, value: 'v' }] };
        await context.reportErrant(other, new Error());
        isDone = true;
      },
    },
    () => isDone,
    'all',
  );
  const [asRead, made] = failures as [Failure, Failure];
  expect(asRead).toMatchObject({ stage: 'TASK_PUT', className: 'org.apache.kafka.connect.sink.SinkTask' });
  const { value } = asRead.record as ConsumerRecord;
  expect(value).toBeInstanceOf(Buffer);
  expect(made.record).toMatchObject({
    ...{ topic: PARTITION.topic, offset: (asRead.record as ConsumerRecord).offset, value: Buffer.from('changed') },
    headers: [{ key: 'h', value: Buffer.from('v') }],
  });
  expect([asRead.error.line, made.error.line]).toEqual(['Error: as read', 'Error']);
});
