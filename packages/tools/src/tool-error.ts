import { ERRORS, type ErrorName } from '@odradek/protocol/errors';

/**
 * A failure that a user is told of: the Java exception's name, since scripts look for it, and its message. Never a
 * stack trace.
 */
export class ToolError extends Error {
  private readonly hasMessage: boolean;

  /** @param message null where the Java exception has none; `message` is then the text `null`, as Java prints it */
  constructor(
    readonly className: string,
    message: string | null,
    override readonly cause?: ToolError,
  ) {
    super(message ?? 'null');
    this.hasMessage = message !== null;
  }

  /** What Java's `toString` gives: the exception's name and message. */
  get line(): string {
    return this.hasMessage ? `${this.className}: ${this.message}` : this.className;
  }

  /** A Java stack trace without its frames: the exception's name and message, then those of what caused it. */
  override toString(): string {
    return this.cause ? `${this.line}\nCaused by: ${this.cause.toString()}` : this.line;
  }
}

/** A refusal by a broker, under the name of its Java exception. */
export class ServerError extends ToolError {
  constructor(
    readonly error: ErrorName,
    message?: string | null,
    /** Not to be tried again, though the error by itself might pass. */
    private readonly isFinal = false,
  ) {
    super(exceptionClassOf(error), message ?? ERRORS[error].message);
  }

  get retriable(): boolean {
    return !this.isFinal && ERRORS[this.error].retriable;
  }
}

const ERRORS_PACKAGE = 'org.apache.kafka.common.errors.';

/** Where the exception's name is not the error's in camel case (org.apache.kafka.common.protocol.Errors). */
const IRREGULAR: Partial<Record<ErrorName, string>> = {
  CORRUPT_MESSAGE: 'CorruptRecordException',
  REQUEST_TIMED_OUT: 'TimeoutException',
  MESSAGE_TOO_LARGE: 'RecordTooLargeException',
  STALE_CONTROLLER_EPOCH: 'ControllerMovedException',
  OFFSET_METADATA_TOO_LARGE: 'OffsetMetadataTooLarge',
  RECORD_LIST_TOO_LARGE: 'RecordBatchTooLargeException',
  TOPIC_ALREADY_EXISTS: 'TopicExistsException',
  INVALID_CONFIG: 'InvalidConfigurationException',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'OutOfOrderSequenceException',
  DUPLICATE_SEQUENCE_NUMBER: 'DuplicateSequenceException',
  INVALID_PRODUCER_ID_MAPPING: 'InvalidPidMappingException',
  INVALID_TRANSACTION_TIMEOUT: 'InvalidTxnTimeoutException',
  DELEGATION_TOKEN_AUTH_DISABLED: 'DelegationTokenDisabledException',
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: 'UnsupportedByAuthenticationException',
  NON_EMPTY_GROUP: 'GroupNotEmptyException',
};

export function exceptionClassOf(error: ErrorName): string {
  if (error === 'INVALID_RECORD') return 'org.apache.kafka.common.InvalidRecordException';
  const irregular = IRREGULAR[error];
  if (irregular) return ERRORS_PACKAGE + irregular;
  const name = error
    .replace(/_(FAILED|FAILURE|ERROR|EXCEPTION)$/, '')
    .split('_')
    .map((word) => word[0]! + word.slice(1).toLowerCase())
    .join('');
  return `${ERRORS_PACKAGE}${name}Exception`;
}

export const illegalArgument = (message: string): ToolError =>
  new ToolError('java.lang.IllegalArgumentException', message);

/** A failure that a Java tool wraps since it may not throw it as it is. */
export const runtimeException = (cause: ToolError): ToolError =>
  new ToolError('java.lang.RuntimeException', cause.line, cause);

export const timeoutError = (message: string | null): ToolError =>
  new ToolError(`${ERRORS_PACKAGE}TimeoutException`, message);

export const serializationError = (message: string): ToolError =>
  new ToolError(`${ERRORS_PACKAGE}SerializationException`, message);

export const kafkaException = (message: string, cause?: ToolError): ToolError =>
  new ToolError('org.apache.kafka.common.KafkaException', message, cause);

const SERVER_COMMON = 'org.apache.kafka.server.common.';

/** What a tool of Kafka's refuses to do. */
export const operationError = (message: string, cause?: ToolError): ToolError =>
  new ToolError(`${SERVER_COMMON}AdminOperationException`, message, cause);

/** What a tool of Kafka's cannot do. */
export const commandFailed = (message: string, cause?: ToolError): ToolError =>
  new ToolError(`${SERVER_COMMON}AdminCommandFailedException`, message, cause);

export const configException = (message: string): ToolError =>
  new ToolError('org.apache.kafka.common.config.ConfigException', message);

/** Thrown to leave the tool at once with this exit code; everything to be said has been said. */
export class Exit extends Error {
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}
