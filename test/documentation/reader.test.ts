import { stepsOf } from './document';
import { Reader } from './reader';

// The reader of documents notices what is not as a document says.

let reader: Reader;
beforeAll(async () => {
  reader = await Reader.open();
});
afterAll(() => reader.close());

const block = (info: string, ...lines: string[]) => `\`\`\`${info}\n${lines.join('\n')}\n\`\`\`\n`;
const read = (...blocks: string[]) => reader.read('a.md', blocks.join('\nAnd then:\n\n'));

test.each([
  ['another word', [block('sh', 'echo one two'), block('text', 'one too')]],
  ['a line more', [block('sh', 'echo one; echo two'), block('text', 'one')]],
  ['a line less', [block('sh', 'echo one'), block('text', 'one', 'two')]],
  ['another order', [block('sh', 'echo one; echo two'), block('text', 'two', 'one')]],
  ['a line twice', [block('sh', 'echo one; echo one'), block('text unordered', 'two', 'one')]],
  ['a failure', [block('sh', 'false')]],
  ['a failure of the first of two', [block('sh', 'false', 'true')]],
  ['a success', [block('sh fails', 'true')]],
  ['a command that is not there', [block('sh', 'bin/kafka-topix.sh --list')]],
  ['a program that throws', [block('js', "throw new Error('no')")]],
  ['another word in a terminal', [block('sh terminal=a', 'echo one; exec sleep 0.1'), block('text', 'two')]],
  ['a terminal that was never opened', [block('text terminal=b', 'one')]],
])('%s is noticed', async (_what, blocks) => {
  await expect(read(...blocks)).rejects.toThrow('a.md:');
});

test.each([
  ['what varies', [block('sh', 'echo one $$ three'), block('text', 'one … three')]],
  ['lines that vary', [block('sh', 'echo 1; echo 2; echo 3'), block('text', '…', '3')]],
  ['columns and empty lines', [block('sh', "printf '\\na\\t  b\\n'"), block('text', 'a b')]],
  ['stderr in its place', [block('sh', 'echo 1; echo 2 >&2; echo 3'), block('text', '1', '2', '3')]],
  ['any order', [block('sh', 'echo 1; echo 2'), block('text unordered', '2', '1')]],
  ['repeated until so', [block('sh repeat', 'echo x >> /tmp/xs; cat /tmp/xs'), block('text', 'x', 'x', 'x')]],
  ['typed into', [block('sh terminal=c', 'cat'), block('text', '>one', 'one', '>two', '^D', 'two')]],
  [
    'interrupted, and looked at again',
    [
      block('sh terminal=d', "trap 'echo bye; exit' INT; echo hi; while true; do sleep 0.05; done"),
      block('text', 'hi'),
      block('sh', 'true'),
      block('text terminal=d', '^C', 'bye'),
    ],
  ],
  ['folders of its own', [block('sh', 'cd /tmp', 'pwd', 'pwd | grep -c documentation'), block('text', '/tmp', '1')]],
  [
    'other ports, and the same in what is seen',
    [block('sh', 'grep -h clientPort= config/zookeeper.properties'), block('text', 'clientPort=2181')],
  ],
])('%s', async (_what, blocks) => {
  await expect(read(...blocks)).resolves.toBeUndefined();
});

test('a block of text belongs to what was run right before it', () => {
  expect(() => stepsOf(block('text', 'one'))).toThrow('line 1');
  expect(() => stepsOf([block('sh', 'true'), block('ts', 'x'), block('text', 'one')].join(''))).toThrow('line 7');
  expect(() => stepsOf(block('sh mostly', 'true'))).toThrow('mostly');
  expect(() => stepsOf(block('sh repeat', 'true'))).toThrow('line 1');
});
