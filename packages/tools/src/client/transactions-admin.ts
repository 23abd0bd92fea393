import { errorName } from '@odradek/protocol/errors';
import { DescribeTransactions } from '@odradek/protocol/messages/describe-transactions';
import { ListTransactions } from '@odradek/protocol/messages/list-transactions';
import type { RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { Log } from '../print';
import { ServerError, type ToolError } from '../tool-error';
import type { Admin } from './admin';
import { atCoordinators, outcomeOf, type Results } from './at-coordinators';
import type { TopicPartition } from './partitions';

/** What a list of transactions says of one. */
export interface TransactionListing {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly state: string;
}

export interface TransactionDescription {
  readonly coordinatorId: number;
  readonly state: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly timeoutMs: number;
  /** undefined where no transaction is open. */
  readonly startTimeMs: number | undefined;
  /** Those of the open transaction; once it ends, those that have no marker yet. */
  readonly partitions: readonly TopicPartition[];
}

export interface TransactionFilters {
  readonly producerIds?: readonly number[];
  /** Only those that are open for longer; -1: all. */
  readonly durationMs?: number;
}

const FIRST_WITH_DURATION = 1;
const ALL_DURATIONS = -1;

/** The transactions of each coordinator, by broker id. Throws the first `ToolError` of any of them. */
export async function listTransactions(
  admin: Admin,
  filters: TransactionFilters,
  log: Log,
): Promise<Map<number, TransactionListing[]>> {
  const ids = await admin.call('listTransactions', async (call) => {
    call.stage = 'METADATA';
    await admin.client.metadata([], call.deadlineMs);
    return admin.client.nodes.map(({ id }) => id);
  });
  const lists = await Promise.all(ids.map((id) => listTransactionsOf(admin, id, filters, log)));
  return new Map(ids.map((id, at) => [id, lists[at]!]));
}

function listTransactionsOf(
  admin: Admin,
  brokerId: number,
  { producerIds = [], durationMs = ALL_DURATIONS }: TransactionFilters,
  log: Log,
): Promise<TransactionListing[]> {
  const request = (version: number): RequestInit<typeof ListTransactions> => {
    const filters = { stateFilters: [], producerIdFilters: [...producerIds] };
    if (version >= FIRST_WITH_DURATION) return { ...filters, durationFilter: durationMs };
    if (durationMs < 0) return filters;
    throw new ServerError(
      'UNSUPPORTED_VERSION',
      'Duration filter can be set only when using API version 1 or higher. If client is connected to an older broker, ' +
        'do not specify duration filter or set duration filter to -1.',
    );
  };
  return admin.call('listTransactions', async (call) => {
    call.stage = 'LIST_TRANSACTIONS';
    const { errorCode, transactionStates } = await admin.toBroker(call, brokerId, ListTransactions, request);
    if (errorCode !== 0) throw listFailure(errorName(errorCode), brokerId, admin, log);
    return transactionStates.map(({ transactionalId, producerId, transactionState: state }) => ({
      transactionalId,
      producerId,
      state,
    }));
  });
}

/** ListTransactionsHandler: only a coordinator that is loading yet is asked again. */
function listFailure(error: ServerError['error'], brokerId: number, { client }: Admin, log: Log): ServerError {
  if (error === 'COORDINATOR_LOAD_IN_PROGRESS') return new ServerError(error);
  if (error === 'COORDINATOR_NOT_AVAILABLE') {
    const why = 'failed because the coordinator is shutting down';
    return new ServerError(error, `ListTransactions request sent to broker ${brokerId} ${why}`, true);
  }
  const message = `The \`ListTransactions\` request sent to broker ${brokerId} failed because of an unexpected error ${error}`;
  log('ERROR', client.options.logPrefix + message, `${INTERNALS}.ListTransactionsHandler`);
  const what = `ListTransactions request sent to broker ${brokerId} failed with an unexpected exception`;
  return new ServerError(error, what, true);
}

const INTERNALS = 'org.apache.kafka.clients.admin.internals';

/** What coordinators know of transactional ids, or why they do not tell. */
export function describeTransactions(
  admin: Admin,
  transactionalIds: readonly string[],
): Promise<Results<string, TransactionDescription>> {
  return atCoordinators(
    admin,
    {
      kind: 'TRANSACTION',
      name: 'describeTransactions',
      api: DescribeTransactions,
      ask: async (call, { id: coordinatorId }, ids) => {
        const request = { transactionalIds: [...ids] };
        const { transactionStates } = await admin.toBroker(call, coordinatorId, DescribeTransactions, request);
        return transactionStates.map((state) => [state.transactionalId, descriptionOf(state, coordinatorId)]);
      },
    },
    transactionalIds,
  );
}

/** As `describeTransactions`, for one. Throws `ToolError`. */
export async function describeTransaction(admin: Admin, transactionalId: string): Promise<TransactionDescription> {
  return outcomeOf(await describeTransactions(admin, [transactionalId]), transactionalId);
}

type State = ResponseOf<typeof DescribeTransactions>['transactionStates'][number];

function descriptionOf(state: State, coordinatorId: number): TransactionDescription | ToolError {
  if (state.errorCode !== 0) return describeFailure(errorName(state.errorCode), state.transactionalId);
  return {
    coordinatorId,
    state: state.transactionState,
    producerId: state.producerId,
    producerEpoch: state.producerEpoch,
    timeoutMs: state.transactionTimeoutMs,
    startTimeMs: state.transactionStartTimeMs < 0 ? undefined : state.transactionStartTimeMs,
    partitions: state.topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition }))),
  };
}

/** DescribeTransactionsHandler. What passes by itself keeps the error's own message: the call goes on. */
function describeFailure(error: ServerError['error'], transactionalId: string): ServerError {
  const why: Partial<Record<ServerError['error'], string>> = {
    TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'due to authorization failure',
    TRANSACTIONAL_ID_NOT_FOUND: 'because the ID could not be found',
  };
  const what = `DescribeTransactions request for transactionalId \`${transactionalId}\` failed`;
  return new ServerError(error, `${what} ${why[error] ?? 'due to unexpected error'}`);
}
