import { TerseError } from '../failures';
import { ToolError } from '../tool-error';

/** Why something failed, as this tool tells it. */
export const failure = (what: string, thrown: ToolError): TerseError =>
  new TerseError(`${what}: ${thrown.message}. Enable debug logging for additional detail.`);

/** Waits for something that a broker may refuse; what was to be done stands before the reason. */
export async function orFail<T>(what: string, future: Promise<T>): Promise<T> {
  try {
    return await future;
  } catch (thrown) {
    throw thrown instanceof ToolError ? failure(what, thrown) : thrown;
  }
}
