import { LineSplitter } from './lines';

function linesOf(chunks: readonly string[]): { lines: string[]; positions: number[]; splitter: LineSplitter } {
  const splitter = new LineSplitter(0);
  const [lines, positions]: [string[], number[]] = [[], []];
  for (const chunk of chunks) {
    splitter.add(Buffer.from(chunk));
    for (let line = splitter.next(); line !== undefined; line = splitter.next()) {
      lines.push(line);
      positions.push(splitter.position);
    }
  }
  return { lines, positions, splitter };
}

it('ends lines at \\n, \\r and \\r\\n and counts bytes', () => {
  const { lines, positions } = linesOf(['a\nb\r\nc\rdé\n\nrest']);
  expect(lines).toEqual(['a', 'b', 'c', 'dé', '']);
  expect(positions).toEqual([2, 5, 7, 11, 12]);
});

it('keeps the beginning of a line until its end comes', () => {
  const { lines, splitter } = linesOf(['one', ' and', ' a half\nmore']);
  expect(lines).toEqual(['one and a half']);
  expect(splitter.position).toBe(15);
});

it('waits for what follows a \\r', () => {
  expect(linesOf(['a\r']).lines).toEqual([]);
  expect(linesOf(['a\r', '\nb\n']).lines).toEqual(['a', 'b']);
  expect(linesOf(['a\r', 'b\n']).lines).toEqual(['a', 'b']);
});

it('keeps characters whole that come in two pieces', () => {
  const bytes = Buffer.from('ü\n');
  const splitter = new LineSplitter(0);
  splitter.add(bytes.subarray(0, 1));
  expect(splitter.next()).toBeUndefined();
  splitter.add(bytes.subarray(1));
  expect(splitter.next()).toBe('ü');
});
