import type { ErrorAnswer } from '../api';

/** A request that is refused, with what the asker is told. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly remedy?: string,
  ) {
    super(message);
  }

  get answer(): ErrorAnswer {
    return this.remedy === undefined ? { error: this.message } : { error: this.message, remedy: this.remedy };
  }
}

export const badRequest = (message: string, remedy?: string): HttpError => new HttpError(400, message, remedy);
export const notFound = (message: string): HttpError => new HttpError(404, message);
