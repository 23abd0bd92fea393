import { type Io, println } from './print';
import { Exit, ToolError } from './tool-error';

/** An error that is told by its message alone (org.apache.kafka.tools.TerseException). */
export class TerseError extends Error {}

/** Tells of a failure as most of Kafka's tools do: its message, then its trace and an empty line. */
export function printFailure(io: Io, thrown: ToolError): void {
  println(io.stderr, thrown.message);
  println(io.stderr, `${thrown.toString()}\n`);
}

/** Runs a tool to its exit code: 1 after a failure, which stands on stderr. */
export async function exitCodeAfter(io: Io, run: () => Promise<unknown>): Promise<number> {
  try {
    await run();
    return 0;
  } catch (thrown) {
    if (thrown instanceof TerseError) println(io.stderr, thrown.message);
    else if (!(thrown instanceof ToolError) || thrown instanceof Exit) throw thrown;
    else printFailure(io, thrown);
    return 1;
  }
}
