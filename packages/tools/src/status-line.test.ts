import { progressText, StatusLine } from './status-line';
import { testIo } from './test-io';

describe('a status line', () => {
  it('makes room for what is printed, and is drawn five times a second at most', () => {
    const { io, stdout, stderr } = testIo();
    let nowMs = 0;
    const status = new StatusLine({ ...io, isTerminal: true }, () => nowMs);
    status.show(() => 'one');
    status.show(() => 'too soon');
    nowMs += 200;
    status.show(() => 'two');
    status.outs.stderr.write('a warning\n');
    status.outs.stdout.write('a line\n');
    status.clear();
    expect(stdout()).toBe('\r\u001b[Kone\r\u001b[Ktwo\r\u001b[Ka line\n');
    expect(stderr()).toBe('a warning\n');
  });

  it('is cut where the terminal is narrower', () => {
    const { io, stdout } = testIo();
    new StatusLine({ ...io, isTerminal: true, terminalSize: () => ({ columns: 5, rows: 24 }) }).show(() => '123456');
    expect(stdout()).toBe('\r\u001b[K1234');
  });

  it('is not there in a pipe', () => {
    const { io, stdout } = testIo();
    const status = new StatusLine(io);
    status.show(() => 'one');
    status.outs.stdout.write('a line\n');
    status.clear();
    expect(stdout()).toBe('a line\n');
  });

  it.each<[number, number, number, string]>([
    [0, 10, 5_000, '0 %: 0 of 10 records'],
    [5, 10, 5_000, '50 %: 5 of 10 records, 5 s left'],
    [1, 100, 10_000, '1 %: 1 of 100 records, 16 min 30 s left'],
    [10, 10, 5_000, '100 %: 10 of 10 records'],
  ])('%d of %d after %d ms', (done, total, elapsedMs, text) => {
    expect(progressText(done, total, 'records', elapsedMs)).toBe(text);
  });
});
