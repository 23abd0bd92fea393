import { ConnectError } from '../errors';

const REST = 'org.apache.kafka.connect.runtime.rest.errors.';

/** A failure with the HTTP status that tells of it. */
export class RestError extends ConnectError {
  constructor(
    readonly status: number,
    message: string,
    className = `${REST}ConnectRestException`,
  ) {
    super(message, undefined, className);
  }
}

/** A request that makes no sense. */
export class BadRequestError extends RestError {
  constructor(message: string) {
    super(400, message, `${REST}BadRequestException`);
  }
}
