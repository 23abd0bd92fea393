import { bufferedOuts } from '@odradek/tools/print';
import { workerConfig } from '../config/worker-config';
import { NO_CONFIG } from '../converters/config';
import { Loggers } from '../log';
import type { ConfigProvider, ConnectorContext, Props } from '../plugins/api';
import { builtinPlugins } from '../plugins/builtin';
import { type PluginDesc, Plugins } from '../plugins/plugins';
import { ConfigTransformer } from '../providers/config-transformer';
import { Herder } from './herder';
import type { WorkerTask } from './task';
import { Worker } from './worker';

/** Tasks that do nothing, which of them run, and with what settings they were made. */
class FakeTasks {
  readonly running = new Set<object>();
  readonly made: Props[] = [];

  make(props: Props): WorkerTask {
    this.made.push(props);
    const task = {
      start: () => this.running.add(task),
      requestStop: () => this.running.delete(task),
      awaitStop: () => Promise.resolve(true),
      setTarget: () => undefined,
    };
    return task as unknown as WorkerTask;
  }
}

/** Gives each task a configuration of its connector's. */
type Divide = (props: Props, context: ConnectorContext) => unknown;

function herderWith(
  provider?: ConfigProvider,
  divide: Divide = (props) => [props],
): { herder: Herder; tasks: FakeTasks } {
  const tasks = new FakeTasks();
  const source = {
    className: 'Test',
    type: 'source',
    version: '1',
    config: NO_CONFIG,
    create: () => {
      let started: [Props, ConnectorContext];
      return {
        taskClass: 'TestTask',
        start: (...given: typeof started) => {
          started = given;
        },
        taskConfigs: () => divide(...started),
        createTask: () => undefined,
      };
    },
  } as unknown as PluginDesc;
  const plugins = new Plugins([...builtinPlugins(), source]);
  const json = 'org.apache.kafka.connect.json.JsonConverter';
  const config = workerConfig(
    new Map([
      ['key.converter', json],
      ['value.converter', json],
      ['offset.storage.file.filename', '/nowhere'],
    ]),
  );
  const loggers = new Loggers(bufferedOuts().outs.stdout);
  const transformer = new ConfigTransformer(new Map(provider ? [['p', provider]] : []));
  const worker = new Worker(config, plugins, loggers, transformer, 'worker:1');
  jest.spyOn(worker, 'createTask').mockImplementation(({ taskProps }) => Promise.resolve(tasks.make(taskProps)));
  return { herder: new Herder(worker, null), tasks };
}

const settings = (more: Record<string, string> = {}): Map<string, string> =>
  new Map(Object.entries({ name: 'c', 'connector.class': 'Test', ...more }));

it('starts nothing of a connector that was deleted while its restart was waited for', async () => {
  const { herder, tasks } = herderWith();
  await herder.putConfig('c', settings(), undefined, false);
  const restarted = herder.restart('c', { includeTasks: true, onlyFailed: false });
  const deleted = herder.delete('c');
  await Promise.all([restarted, deleted]);
  // Whatever is queued still has had its turn once this was answered.
  await herder.putConfig('other', settings({ name: 'other' }), 'STOPPED', false);
  expect(tasks.running.size).toBe(0);
});

it('pauses and resumes the connector that is there when its turn comes', async () => {
  const { herder, tasks } = herderWith();
  await herder.putConfig('c', settings(), 'PAUSED', false);
  const replaced = herder.putConfig('c', settings({ more: '1' }), undefined, true);
  const resumed = herder.setTarget('c', 'STARTED');
  await Promise.all([replaced, resumed]);
  expect(herder.status('c').connector.state).toBe('RUNNING');
  expect(tasks.running.size).toBe(1);
  await herder.delete('c');
  expect(tasks.running.size).toBe(0);
  await expect(herder.setTarget('c', 'STARTED')).rejects.toThrow('Unknown connector c');
});

it('loses no change of two that come at once', async () => {
  const { herder } = herderWith();
  await herder.putConfig('c', settings(), undefined, false);
  const change = (name: string) => herder.patchConfig('c', new Map([[name, '1']]));
  await Promise.all([change('a'), change('b')]);
  expect(herder.info('c').config.get('a')).toBe('1');
  expect(herder.info('c').config.get('b')).toBe('1');
});

const reference = '$'.concat('{p:key}');

it('shows references, and gives values to the connector and its tasks', async () => {
  const { herder, tasks } = herderWith({
    configure: () => undefined,
    get: () => ({ data: new Map([['key', 'secret']]) }),
  });
  await herder.putConfig('c', settings({ password: reference }), undefined, false);
  expect(tasks.made.map((props) => props.get('password'))).toEqual(['secret']);
  expect(herder.info('c').config.get('password')).toBe(reference);
  expect(herder.tasks('c').map(({ props }) => props.get('password'))).toEqual([reference]);
});

it.each([
  ['restart', 2],
  ['none', 1],
])('config.action.reload=%s: %d tasks are made when a value holds no longer', async (action, count) => {
  jest.useFakeTimers();
  try {
    let asked = 0;
    const get = () => ({ data: new Map([['key', String(asked++)]]), ttlMs: 1000 });
    const { herder, tasks } = herderWith({ configure: () => undefined, get });
    const props = settings({ password: reference, 'config.action.reload': action });
    await herder.putConfig('c', props, undefined, false);
    await jest.advanceTimersByTimeAsync(1500);
    expect(tasks.made).toHaveLength(count);
    await herder.delete('c');
    await jest.advanceTimersByTimeAsync(5000);
    expect(tasks.made).toHaveLength(count);
  } finally {
    jest.useRealTimers();
  }
});

const odd: readonly [string, unknown, string][] = [
  ['nothing', undefined, 'taskConfigs() has to return a list of Maps, one for each task, and returned undefined'],
  [
    'a Map',
    new Map(),
    'taskConfigs() has to return a list of Maps, one for each task, and returned an object of class Map',
  ],
  [
    'plain objects',
    [new Map(), { a: 'b' }],
    'taskConfigs()[1] has to be a Map of settings, and is a plain object; new Map(Object.entries(it)) is one',
  ],
  ['text', ['a=b'], 'taskConfigs()[0] has to be a Map of settings, and is the string a=b'],
  ['a number', [new Map([['n', 5]])], 'taskConfigs()[0]: settings are text, and n is the number 5; String(value) is'],
  ['null', [new Map([['n', null]])], 'taskConfigs()[0]: settings are text, and n is null; leave it out'],
];

it.each(odd)(
  'a connector that divides its work into %s is FAILED, until it is restarted',
  async (_, given, message) => {
    let configs: unknown = given;
    const { herder, tasks } = herderWith(undefined, () => configs);
    await expect(herder.putConfig('c', settings(), undefined, false)).rejects.toThrow(`Connector c: ${message}`);
    expect(herder.status('c')).toMatchObject({ connector: { state: 'FAILED' }, tasks: [] });
    expect(herder.status('c').connector.trace).toContain(message);
    configs = Promise.resolve([new Map([['a', 'b']])]);
    await herder.restart('c', { includeTasks: false, onlyFailed: true });
    await expect(herder.putConfig('c', settings(), undefined, false)).rejects.toThrow('already exists');
    expect(herder.status('c')).toMatchObject({ connector: { state: 'RUNNING' }, tasks: [{ id: 0 }] });
    expect(tasks.running.size).toBe(1);
  },
);

it('the tasks of a connector go on when it fails to divide its work anew', async () => {
  let context: ConnectorContext | undefined;
  let isFirst = true;
  const { herder, tasks } = herderWith(undefined, (props, given) => {
    context = given;
    if (!isFirst) throw new Error('the table is gone');
    isFirst = false;
    return [props];
  });
  await herder.putConfig('c', settings(), undefined, false);
  context!.requestTaskReconfiguration();
  await herder.setTarget('c', 'STARTED');
  expect(herder.status('c').connector).toMatchObject({
    state: 'FAILED',
    trace: expect.stringMatching(/^Error: the table is gone\n\tat /),
  });
  expect(tasks.running.size).toBe(1);
});

it('resuming what does not start is answered, and stands in its status', async () => {
  const { herder } = herderWith(undefined, () => undefined);
  await herder.putConfig('c', settings(), 'PAUSED', false);
  await herder.setTarget('c', 'STARTED');
  expect(herder.status('c').connector.state).toBe('FAILED');
});
