import type { ConsumerRecord } from '../client/consumed';
import { testIo } from '../test-io';
import type { ConsoleConsumerArguments } from './arguments';
import { type RecordSource, Session } from './console-consumer';

const record = (value: string): ConsumerRecord => ({
  ...{ topic: 't', partition: 0, offset: 0, timestamp: 1, timestampType: 'CreateTime', key: null, headers: [] },
  value: Buffer.from(value),
});

// The line is drawn anew only so often: time stands still.
beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** What is seen of a consumer that gets these records, one poll after another. */
async function seen(patterns: RegExp[], isTerminal: boolean): Promise<{ stdout: string; stderr: string }> {
  const { io, stdout, stderr } = testIo();
  const polls = [[record('one'), record('two')], [record('three')]];
  const source: RecordSource = { poll: async () => polls.shift(), close: () => {} };
  const args = {
    find: { patterns, keys: [], headers: [], sinceMs: undefined },
    formatter: { write: ({ value }: ConsumerRecord, out: { write(data: string): void }) => out.write(`${value}\n`) },
    maxMessages: 3 - patterns.length,
    timeoutMs: 1,
  };
  const session = new Session(args as unknown as ConsoleConsumerArguments, source, { ...io, isTerminal });
  expect(await session.run()).toBe(0);
  return { stdout: stdout(), stderr: stderr() };
}

test('a search says at a terminal how far it is, below what it has found', async () => {
  const { stdout, stderr } = await seen([/t/], true);
  expect(stdout).toBe('two\n\r\u001b[K2 messages read, 1 matched\r\u001b[Kthree\n');
  expect(stderr).toBe('Processed a total of 3 messages, 2 matched\n');
});

test.each([
  ['a search in a pipe', [/t/], false, 'two\nthree\n'],
  ['who looks for nothing', [], true, 'one\ntwo\nthree\n'],
])('%s says nothing of it', async (_, patterns, isTerminal, printed) => {
  expect((await seen(patterns, isTerminal)).stdout).toBe(printed);
});
