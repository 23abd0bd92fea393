import { silentLoggers } from '../env/logger';
import { EventQueue } from './event-queue';

const logger = silentLoggers.logger('test');

test('events run one after another, also when they wait', async () => {
  const queue = new EventQueue(logger, async () => {});
  const seen: string[] = [];
  let release = (): void => {};
  queue.put('first', async () => {
    seen.push('first starts');
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    seen.push('first ends');
  });
  queue.put('second', async () => {
    seen.push('second');
  });
  await Promise.resolve();
  await Promise.resolve();
  expect(seen).toEqual(['first starts']);
  release();
  await queue.idle();
  expect(seen).toEqual(['first starts', 'first ends', 'second']);
});

test('what had not begun when the session ended is preempted', async () => {
  const queue = new EventQueue(logger, async () => {});
  const seen: string[] = [];
  queue.put(
    'late',
    async () => void seen.push('late'),
    () => seen.push('preempted'),
  );
  await queue.clearAndPut('expire', async () => void seen.push('expire'));
  expect(seen).toEqual(['preempted', 'expire']);
});

test('an event that fails does not stop the next', async () => {
  const failed: string[] = [];
  const queue = new EventQueue(logger, async (name) => void failed.push(name));
  const seen: string[] = [];
  queue.put('bad', async () => {
    throw new Error('no');
  });
  queue.put('good', async () => void seen.push('good'));
  await queue.idle();
  expect(failed).toEqual(['bad']);
  expect(seen).toEqual(['good']);
});

test('a failure while a failure is dealt with does not stop the next either', async () => {
  const queue = new EventQueue(logger, async () => {
    throw new Error('the session is over');
  });
  const seen: string[] = [];
  queue.put('bad', async () => {
    throw new Error('no');
  });
  queue.put('good', async () => void seen.push('good'));
  await queue.idle();
  await queue.clearAndPut('expire', async () => void seen.push('expire'));
  expect(seen).toEqual(['good', 'expire']);
});
