import { ConnectError } from '../errors';

const REST = 'org.apache.kafka.connect.runtime.rest.errors.';

/** A failure with the HTTP status that tells of it. */
export class RestError extends ConnectError {
  constructor(
    readonly status: number,
    message: string,
    className = `${REST}ConnectRestException`,
    /** Answered by the HTTP layer, which says nothing of the content's type. */
    readonly isUntyped = false,
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

/** A request that no resource takes. */
export const httpError = (status: number, what: string): RestError =>
  new RestError(status, `HTTP ${status} ${what}`, 'javax.ws.rs.WebApplicationException', true);
