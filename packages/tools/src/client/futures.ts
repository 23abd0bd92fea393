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
