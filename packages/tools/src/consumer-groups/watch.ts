import { Wakeup } from '../client/wakeup';
import { bufferedOuts, type Io, type Outs, println, type TerminalSize } from '../print';
import { ToolError } from '../tool-error';

const HOME = '\u001b[H';
/** Clears from the cursor to the end: less flicker than clearing the screen first. */
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

interface WatchOptions {
  readonly intervalMs: number;
  /** A table is redrawn in its place on a terminal, and set apart by a blank line in a pipe. */
  readonly isTable: boolean;
}

/**
 * Looks and shows, again and again until interrupted: a table that stays in its place on a terminal, one block a look in
 * a pipe. The first look may fail as it does without --watch; later a failure is told and the next look waited for.
 * Returns the exit code, 0 when interrupted.
 */
export async function watch<T>(
  look: () => Promise<T>,
  show: (seen: T, outs: Outs) => void,
  { intervalMs, isTable }: WatchOptions,
  io: Io,
): Promise<number> {
  const wakeup = new Wakeup();
  let isOver = false;
  const interrupted = new Promise<void>((resolve) => {
    io.onInterrupt(() => {
      isOver = true;
      wakeup.wake();
      resolve();
    });
  });
  const isLive = isTable && io.isTerminal;
  for (let isFirst = true; !isOver && !io.stdout.broken; isFirst = false) {
    const startedMs = Date.now();
    try {
      const seen = await Promise.race([look(), interrupted]);
      if (isOver) break;
      const block = bufferedOuts();
      show(seen as T, block.outs);
      if (isLive) io.stdout.write(screen(`${block.stderr()}${block.stdout()}`, io.terminalSize()));
      else {
        io.stderr.write(block.stderr());
        io.stdout.write(isTable ? `${block.stdout().trimStart().trimEnd()}\n\n` : block.stdout());
      }
    } catch (thrown) {
      if (isFirst || !(thrown instanceof ToolError)) throw thrown;
      println(io.stderr, `Error: ${thrown.message}`);
    }
    await wakeup.wait(Math.max(0, startedMs + intervalMs - Date.now()));
  }
  return 0;
}

/**
 * Redraws the whole screen, line by line over what was there. Lines are broken here, not by the terminal, which would
 * not clear what stood behind them and, where one just fits, would lose its last character; what is too much for the
 * screen is counted, for it would push the rest out.
 */
function screen(text: string, { columns, rows }: TerminalSize): string {
  const time = new Date().toLocaleTimeString('sv');
  const lines = [`${time}  (Ctrl-C ends)`, ...text.trim().split('\n')].flatMap((line) => broken(line, columns));
  // The cursor needs a line, too.
  const room = Math.max(2, rows - 1);
  if (lines.length > room) {
    const hidden = lines.length - room + 1;
    lines.splice(room - 1, hidden, ...broken(`${hidden} more lines do not fit in here`, columns).slice(0, 1));
  }
  return `${HOME}${lines.map((line) => `${CLEAR_LINE}${line}\n`).join('')}${CLEAR_BELOW}`;
}

/** A line as lines of so many characters at most; blanks at the end, which only fill a column, count for nothing. */
function broken(line: string, columns: number): string[] {
  const characters = [...line.trimEnd()];
  const parts: string[] = [];
  for (let at = 0; at < Math.max(1, characters.length); at += columns)
    parts.push(characters.slice(at, at + columns).join(''));
  return parts;
}
