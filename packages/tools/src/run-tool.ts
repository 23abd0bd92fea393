import { basename } from 'node:path';
import { type Io, type Out, println } from './print';
import { replacementsOf } from './replaced';
import { Exit, ToolError } from './tool-error';

/** A tool: its arguments and surroundings in, its exit code out. */
export type Tool = (argv: readonly string[], io: Io) => Promise<number>;

function outOf(stream: NodeJS.WriteStream): Out {
  let broken = false;
  // A reader that went away (`| head`) is no failure of the tool's: what is left is dropped, as Java's PrintStream does.
  stream.on('error', () => {
    broken = true;
  });
  return {
    write: (data) => {
      if (!broken) stream.write(data);
    },
    get broken() {
      return broken || stream.destroyed;
    },
  };
}

function processIo(): Io {
  return {
    stdout: outOf(process.stdout),
    stderr: outOf(process.stderr),
    // A getter, because merely touching process.stdin opens it.
    get stdin() {
      return process.stdin;
    },
    isTerminal: Boolean(process.stdin.isTTY && process.stdout.isTTY),
    // Some terminals say that they have no columns at all.
    terminalSize: () => ({ columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 }),
    onInterrupt: (listener) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.once(signal, () => listener(signal));
      }
    },
  };
}

/** Runs a tool to its exit code; what it throws ends it with code 1 and one line that names the exception. */
export async function exitCodeOf(tool: Tool, argv: readonly string[], io: Io): Promise<number> {
  try {
    return await tool(argv, io);
  } catch (thrown) {
    if (thrown instanceof Exit) return thrown.code;
    if (!(thrown instanceof ToolError)) throw thrown;
    println(io.stderr, `Exception in thread "main" ${thrown.toString()}`);
    return 1;
  }
}

/** The entry of every tool file: runs the tool on this process and exits once all output is written. */
export function runTool(tool: Tool): void {
  const io = processIo();
  const argv = process.argv.slice(2);
  void exitCodeOf(tool, argv, io).then((code) => {
    const name = basename(process.argv[1]!, '.js');
    const hints = code !== 0 && io.isTerminal ? replacementsOf(name, argv) : [];
    for (const hint of hints) println(io.stderr, hint);
    process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
  });
}
