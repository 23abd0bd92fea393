import { bufferedOuts } from '@odradek/tools/print';
import { Loggers } from './log';

const levels = (loggers: Loggers) => Object.fromEntries(loggers.all().map(([name, { level }]) => [name, level]));

test('a level is that of a package and all within it; what has it already is left alone', () => {
  const loggers = new Loggers(bufferedOuts().outs.stdout);
  for (const name of ['a.b', 'a.b.c', 'x']) loggers.logger(name);
  expect(loggers.set('a', 'INFO', 1)).toEqual(['a', 'a.b', 'a.b.c']);
  expect(levels(loggers)).toEqual({ root: 'INFO' });
  expect(loggers.set('a.b', 'DEBUG', 2)).toEqual(['a.b', 'a.b.c']);
  expect(levels(loggers)).toEqual({ root: 'INFO', 'a.b': 'DEBUG', 'a.b.c': 'DEBUG' });
  expect(loggers.get('a')).toEqual({ level: 'INFO', lastModified: null });
  expect(loggers.get('nobody')).toBeUndefined();
});

test('the level of the root is that of all', () => {
  const loggers = new Loggers(bufferedOuts().outs.stdout);
  loggers.logger('a.b');
  loggers.set('a.b', 'TRACE', 1);
  expect(loggers.set('root', 'INFO', 2)).toEqual(['a.b', 'root']);
  expect(levels(loggers)).toEqual({ root: 'INFO', 'a.b': 'INFO' });
});
