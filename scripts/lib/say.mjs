/** A person's mistake or a machine's lack, told in one line; anything else keeps its stack trace. */
export class PlainError extends Error {}

const oldestNode = 20;

/** Runs `main` and turns a PlainError into one line on stderr and exit code 1. */
export async function runMain(main) {
  try {
    if (Number.parseInt(process.versions.node, 10) < oldestNode) {
      throw new PlainError(`Node ${oldestNode} or later is needed, this is ${process.version}.`);
    }
    process.exitCode = await main();
  } catch (error) {
    console.error(error instanceof PlainError ? error.message : error);
    process.exitCode = 1;
  }
}

/**
 * Announces slow work on stderr (stdout may be captured): one line in a pipe; on a terminal the line is kept up to date
 * by `update(text)` and ended by `done()`.
 */
export function announce(line) {
  const { stderr } = process;
  stderr.write(stderr.isTTY ? line : `${line}\n`);
  return {
    update: (text) => stderr.isTTY && stderr.write(`\r\u001b[K${line} ${text}`),
    done: () => stderr.isTTY && stderr.write('\n'),
  };
}
