import { ToolError } from '../tool-error';
import type { Admin, Call } from './admin';

/** A failure that Java's tool gets out of a future. */
export const executionError = (cause: ToolError): ToolError =>
  new ToolError('java.util.concurrent.ExecutionException', cause.line, cause);

/** Runs an admin call; what it throws is wrapped as a Java future wraps it. */
export async function execute<T>(admin: Admin, name: string, operation: (call: Call) => Promise<T>): Promise<T> {
  try {
    return await admin.call(name, operation);
  } catch (thrown) {
    throw thrown instanceof ToolError ? executionError(thrown) : thrown;
  }
}
