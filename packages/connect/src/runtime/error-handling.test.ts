import { bufferedOuts } from '@odradek/tools/print';
import { sinkConfigDef } from '../config/connector-config';
import { schemaOf } from '../data/schema';
import { DataError, RetriableError } from '../errors';
import { Loggers } from '../log';
import { builtinPlugins } from '../plugins/builtin';
import { Plugins } from '../plugins/plugins';
import { ErrorHandling, type Failure, LogReporter, SkippedRecord } from './error-handling';

const record = { sourcePartition: null } as unknown as Failure['record'];

function handling(settings: Readonly<Record<string, string>>): {
  errors: ErrorHandling;
  sleeps: number[];
  told: Failure[];
} {
  const [sleeps, told]: [number[], Failure[]] = [[], []];
  const props = new Map(Object.entries({ name: 'x', 'connector.class': 'y', ...settings }));
  const config = sinkConfigDef(new Plugins(builtinPlugins())).parse(props);
  const reporter = { report: (failure: Failure) => Promise.resolve(void told.push(failure)) };
  const sleep = (ms: number): Promise<boolean> => Promise.resolve(sleeps.push(ms) > 0);
  return { errors: new ErrorHandling(config, [reporter], sleep), sleeps, told };
}

const failing = (error: Error, times = Number.POSITIVE_INFINITY) => {
  let left = times;
  return () => {
    if (left-- > 0) throw error;
    return 'done';
  };
};

it('waits for nothing where nothing fails', () => {
  expect(handling({}).errors.execute(record, 'TRANSFORMATION', 'T', () => 7)).toBe(7);
});

it('fails where errors are not tolerated, and reports that too', async () => {
  const { errors, told } = handling({});
  const step = failing(new DataError('bad'));
  await expect(errors.execute(record, 'VALUE_CONVERTER', 'C', step)).rejects.toThrow(
    'Tolerance exceeded in error handler',
  );
  expect(told.map(({ stage, className, error }) => [stage, className, error.message])).toEqual([
    ['VALUE_CONVERTER', 'C', 'bad'],
  ]);
});

it('leaves the record out where they are', async () => {
  const { errors, told } = handling({ 'errors.tolerance': 'all' });
  await expect(errors.execute(record, 'TRANSFORMATION', 'T', failing(new DataError('bad')))).rejects.toThrow(
    SkippedRecord,
  );
  expect(told).toHaveLength(1);
});

it('tries again what may pass, after pauses that double up to the limit', async () => {
  const { errors, sleeps, told } = handling({ 'errors.retry.timeout': '-1', 'errors.retry.delay.max.ms': '1000' });
  const step = failing(new RetriableError('later'), 4);
  await expect(errors.execute(record, 'TRANSFORMATION', 'T', step)).resolves.toBe('done');
  expect(sleeps).toEqual([300, 600, 1000, 1000]);
  expect(told).toEqual([]);
});

it('does not try again what will not', async () => {
  const { errors, sleeps } = handling({ 'errors.retry.timeout': '-1', 'errors.tolerance': 'all' });
  await expect(errors.execute(record, 'TRANSFORMATION', 'T', failing(new DataError('bad')))).rejects.toThrow(
    SkippedRecord,
  );
  expect(sleeps).toEqual([]);
});

it('logs failures as Apache does, with the record where that is wanted', async () => {
  const io = bufferedOuts();
  const logger = new Loggers(io.outs.stdout).logger('reporter');
  const record = {
    sourcePartition: new Map([['part', 'p']]),
    sourceOffset: new Map([['at', 2]]),
    ...{ topic: 't', partition: null, timestamp: 1002 },
    ...{ keySchema: null, key: null, valueSchema: schemaOf('FLOAT32'), value: 1 },
    headers: [{ key: 'h', schema: schemaOf('STRING'), value: 'v' }],
  };
  const failure = { record, stage: 'TRANSFORMATION', className: 'T', error: new DataError('bad') } as const;
  for (const includesMessages of [false, true]) await new LogReporter('c-0', logger, includesMessages).report(failure);
  await new LogReporter('c-0', logger, true).report({ ...failure, record: { ...record, headers: [] } });
  const lines = io
    .stdout()
    .split('\n')
    .filter((line) => line.includes('Error encountered'));
  const what = "Error encountered in task c-0. Executing stage 'TRANSFORMATION' with class 'T'";
  const shown = (headers: string): string =>
    `${what}, where source record is = SourceRecord{sourcePartition={part=p}, sourceOffset={at=2}} ConnectRecord{topic='t', kafkaPartition=null, ` +
    `key=null, keySchema=null, value=1.0, valueSchema=Schema{FLOAT32}, timestamp=1002, headers=ConnectHeaders(headers=${headers})}. (reporter)`;
  expect(lines.map((line) => line.replace(/^.*? ERROR /, ''))).toEqual([
    `${what}. (reporter)`,
    shown('[ConnectHeader(key=h, value=v, schema=Schema{STRING})]'),
    shown(''),
  ]);
});
