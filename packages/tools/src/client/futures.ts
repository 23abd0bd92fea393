import { ToolError } from '../tool-error';
import type { Admin, Call } from './admin';

/** A failure that Java's tool gets out of a future. */
export const executionError = (cause: ToolError): ToolError =>
  new ToolError('java.util.concurrent.ExecutionException', cause.line, cause);

/** Waits for something; what it throws is wrapped as a Java future wraps it. */
export async function get<T>(future: Promise<T>): Promise<T> {
  try {
    return await future;
  } catch (thrown) {
    throw thrown instanceof ToolError ? executionError(thrown) : thrown;
  }
}

/** Runs an admin call; what it throws is wrapped as a Java future wraps it. */
export const execute = <T>(admin: Admin, name: string, operation: (call: Call) => Promise<T>): Promise<T> =>
  get(admin.call(name, operation));

/** As `execute`; after so many milliseconds it is not waited for any longer, as Java's `get` with a time-out does. */
export async function executeWithin<T>(
  timeoutMs: number,
  admin: Admin,
  name: string,
  operation: (call: Call) => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ToolError('java.util.concurrent.TimeoutException', null)), timeoutMs);
  });
  try {
    return await Promise.race([execute(admin, name, operation), late]);
  } finally {
    clearTimeout(timer);
  }
}
