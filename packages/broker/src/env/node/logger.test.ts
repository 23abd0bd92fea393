import type { LevelledLoggers } from '../logger';
import { createLoggers, log4jDate, loggersFromEnvironment } from './logger';

function capture(environment: Record<string, string> = {}): { loggers: LevelledLoggers; lines: () => string[] } {
  let text = '';
  const destination = {
    write: (line: string): void => {
      text += line;
    },
  };
  return { loggers: loggersFromEnvironment(environment, destination), lines: () => text.split('\n').slice(0, -1) };
}

describe('log lines', () => {
  test("look as Kafka's own", () => {
    const { loggers, lines } = capture();
    loggers.logger('kafka.server.KafkaServer', '[KafkaServer id=0] ').info('started', { brokerId: 0 });
    expect(lines()).toEqual([
      expect.stringMatching(
        /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] INFO \[KafkaServer id=0\] started \(kafka\.server\.KafkaServer\)$/,
      ),
    ]);
  });

  test('dates are local and padded', () => {
    expect(log4jDate(new Date(2024, 0, 2, 3, 4, 5, 6))).toBe('2024-01-02 03:04:05,006');
  });

  test('an error brings its stack', () => {
    const { loggers, lines } = capture();
    loggers.logger('x').error('failed', { error: new Error('why') });
    expect(lines()[1]).toBe('Error: why');
    expect(lines()[2]).toMatch(/^ {4}at /);
  });

  test('are JSON objects with fields where asked for', () => {
    const { loggers, lines } = capture({ LOG_FORMAT: 'json', LOG_LEVEL: 'debug' });
    loggers.logger('kafka.log.Log', '[a] ').debug('rolled', { baseOffset: 5, error: new Error('why') });
    expect(JSON.parse(lines()[0]!)).toMatchObject({
      level: 'DEBUG',
      logger: 'kafka.log.Log',
      msg: '[a] rolled',
      baseOffset: 5,
      error: { message: 'why' },
    });
  });
});

describe('levels', () => {
  test('are inherited by dotted name and can be changed', () => {
    const { loggers, lines } = capture();
    const [deep, other] = [loggers.logger('kafka.server.KafkaApis'), loggers.logger('kafka.log.Log')];
    const say = (): void => {
      deep.debug('deep');
      other.debug('other');
    };
    say();
    expect(lines()).toEqual([]);
    loggers.setLevel('kafka.server', 'DEBUG');
    say();
    expect(lines()).toHaveLength(1);
    loggers.setLevel('kafka.server.KafkaApis', 'ERROR');
    loggers.setLevel('root', 'TRACE');
    say();
    expect(lines()).toHaveLength(2);
    expect(lines()[1]).toContain('other');
    expect(Object.fromEntries(loggers.levels())).toEqual({
      root: 'TRACE',
      'kafka.server': 'DEBUG',
      'kafka.server.KafkaApis': 'ERROR',
      'kafka.log.Log': 'TRACE',
    });
    loggers.setLevel('kafka.server.KafkaApis', null);
    loggers.setLevel('root', 'WARN');
    say();
    expect(lines()).toHaveLength(3);
    expect(lines()[2]).toContain('deep');
  });

  test('a logger without a level of its own shows that of the root, as Kafka has it, whatever it inherits', () => {
    const { loggers } = capture();
    loggers.logger('kafka.server.KafkaApis');
    loggers.setLevel('kafka.server', 'DEBUG');
    expect(loggers.levels().get('kafka.server.KafkaApis')).toBe('INFO');
  });

  test('the root keeps a level of its own, and names that no logger has are refused', () => {
    const { loggers } = capture();
    loggers.logger('kafka.server.KafkaServer');
    for (const name of ['kafka.serv', 'nobody', '']) {
      expect(loggers.has(name)).toBe(false);
      loggers.setLevel(name, 'TRACE');
    }
    loggers.setLevel('root', null);
    expect(Object.fromEntries(loggers.levels())).toEqual({ root: 'INFO', 'kafka.server.KafkaServer': 'INFO' });
    expect(['root', 'kafka', 'kafka.server', 'kafka.server.KafkaServer'].every((name) => loggers.has(name))).toBe(true);
  });

  test.each([
    ['warn', ['w']],
    ['nonsense', ['i', 'w']],
  ])('LOG_LEVEL=%s', (level, expected) => {
    const { loggers, lines } = capture({ LOG_LEVEL: level });
    const log = loggers.logger('x');
    log.info('i');
    log.warn('w');
    expect(lines().map((line) => line.split(' ')[3])).toEqual(expected);
  });

  test('LOG_LEVELS gives some loggers, and those below them, levels of their own', () => {
    const { loggers, lines } = capture({ LOG_LEVEL: 'WARN', LOG_LEVELS: ' kafka.controller=debug,kafka.log = what,x' });
    loggers.logger('kafka.controller.KafkaController').debug('seen');
    loggers.logger('kafka.log.Log').info('unseen');
    expect(lines().map((line) => line.split(' ')[3])).toEqual(['seen']);
  });

  test('createLoggers takes them as parameters', () => {
    const written: string[] = [];
    const destination = { write: (line: string): void => void written.push(line) };
    createLoggers({ format: 'log4j', level: 'FATAL', destination }).logger('x').error('no');
    expect(written).toEqual([]);
  });
});
