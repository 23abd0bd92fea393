import { ERRORS, errorName } from '@odradek/protocol/errors';
import { kafkaException, ServerError, type ToolError } from '../tool-error';

/** What a broker says of a batch, and, where it knows, of records in it (KIP-467). */
export interface BatchAnswer {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly recordErrors: readonly { readonly batchIndex: number; readonly batchIndexErrorMessage: string | null }[];
}

/** What the record of an index is refused with. */
export type ErrorOf = (index: number) => ToolError;

/**
 * What each record of a refused batch is refused with (Sender.failBatch): its own error, or that it was in bad company.
 * Undefined where nothing is said of single ones. One error alone is surely that of the batch; several are of any kind.
 */
export function recordFailures(answer: BatchAnswer): ErrorOf | undefined {
  const { errorCode, errorMessage, recordErrors } = answer;
  if (recordErrors.length === 0) return undefined;
  const error = errorName(errorCode);
  const kind = recordErrors.length === 1 ? error : 'INVALID_RECORD';
  const messages = new Map(recordErrors.map((each) => [each.batchIndex, each.batchIndexErrorMessage]));
  return (index) => {
    const own = messages.get(index);
    if (own !== undefined) return new ServerError(kind, own ?? errorMessage ?? ERRORS[error].message);
    return kafkaException(
      'Failed to append record because it was part of a batch which had one more more invalid records',
    );
  };
}
