import { ERRORS, errorName } from '@odradek/protocol/errors';

/**
 * The text that goes beside an error's code (ApiError.fromThrowable): none where it would only say again what the code
 * says, and none for what is unexpected, which is nobody else's affair.
 */
export function specificMessage({ code, message }: { readonly code: number; readonly message: string }): string | null {
  return code === ERRORS.UNKNOWN_SERVER_ERROR.code || message === ERRORS[errorName(code)].message ? null : message;
}
