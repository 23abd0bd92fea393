import { ServerError, ToolError } from '@odradek/tools/tool-error';
import { HttpError } from './http/answer';

const STATUS: Readonly<Record<string, number>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 404,
  GROUP_ID_NOT_FOUND: 404,
  BROKER_NOT_AVAILABLE: 404,
  TOPIC_ALREADY_EXISTS: 409,
  NON_EMPTY_GROUP: 409,
  REQUEST_TIMED_OUT: 504,
};

const TIMEOUT = 'org.apache.kafka.common.errors.TimeoutException';
const DISCONNECT = 'org.apache.kafka.common.errors.DisconnectException';

/** What a page is told of a failure; null where it is nobody's but ours. */
export function asHttpError(thrown: unknown): HttpError | null {
  if (thrown instanceof HttpError) return thrown;
  if (thrown instanceof ServerError) {
    const { error, message } = thrown;
    const status = error.endsWith('_AUTHORIZATION_FAILED') ? 403 : (STATUS[error] ?? (thrown.retriable ? 503 : 400));
    return new HttpError(status, `${error}: ${message}`);
  }
  if (!(thrown instanceof ToolError)) return null;
  if (thrown.className === TIMEOUT) return new HttpError(504, `No broker answers in time: ${thrown.message}`);
  if (thrown.className === DISCONNECT) return new HttpError(503, 'The broker cannot be reached.');
  return new HttpError(400, thrown.message);
}
