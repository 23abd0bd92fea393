import { ToolError } from '@odradek/tools/tool-error';

const PACKAGE = 'org.apache.kafka.connect.errors.';

/** A failure under the name of Connect's exception for it. */
export class ConnectError extends ToolError {
  constructor(message: string | null, cause?: ToolError, className = `${PACKAGE}ConnectException`) {
    super(className, message, cause);
  }
}

/** What may pass: a task that throws it from `put` is given the same records again. */
export class RetriableError extends ConnectError {
  constructor(message: string, cause?: ToolError) {
    super(message, cause, `${PACKAGE}RetriableException`);
  }
}

/** Data that does not fit its schema, or its place. */
export class DataError extends ConnectError {
  constructor(message: string, cause?: ToolError) {
    super(message, cause, `${PACKAGE}DataException`);
  }
}

/** A schema that cannot be made. */
export class SchemaBuilderError extends ConnectError {
  constructor(message: string) {
    super(message, undefined, `${PACKAGE}SchemaBuilderException`);
  }
}

/** What is asked for is not there. */
export class NotFoundError extends ConnectError {
  constructor(message: string) {
    super(message, undefined, `${PACKAGE}NotFoundException`);
  }
}

/** What is to be made is there already. */
export class AlreadyExistsError extends ConnectError {
  constructor(message: string) {
    super(message, undefined, `${PACKAGE}AlreadyExistsException`);
  }
}

/** Whatever was thrown as a `ToolError`: a plain error of a plug-in keeps its name and message. */
export function asToolError(thrown: unknown): ToolError {
  if (thrown instanceof ToolError) return thrown;
  if (!(thrown instanceof Error)) return new ToolError('Error', String(thrown));
  const cause = thrown.cause === undefined ? undefined : asToolError(thrown.cause);
  // An error of JavaScript's always has a message, if only an empty one.
  const failure = new ToolError(thrown.name, thrown.message || null, cause);
  if (thrown.stack !== undefined) failure.stack = thrown.stack;
  failures.set(failure, thrown);
  return failure;
}

/** The plain errors that stand behind failures. */
const failures = new WeakMap<ToolError, Error>();

/**
 * What a status shows of a failure: exception, message and causes, each a line, and where a plug-in's own code threw,
 * its stack.
 */
export function traceOf(failure: ToolError): string {
  const plain = failures.get(failure);
  const frames = plain?.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  const own = [failure.line, ...frames.map((line) => `\t${line.trim()}`)].join('\n');
  return failure.cause ? `${own}\nCaused by: ${traceOf(failure.cause)}` : `${own}\n`;
}

/** Whether the failure may pass. Plug-ins, which do not have our classes, say it of their errors: `retriable = true`. */
export const isRetriable = (thrown: unknown): boolean =>
  thrown instanceof RetriableError || (thrown instanceof Error && 'retriable' in thrown && thrown.retriable === true);
