import { errorName } from '@odradek/protocol/errors';
import { DescribeCluster } from '@odradek/protocol/messages/describe-cluster';
import type { Io } from '../print';
import { logTo } from '../print';
import { ServerError } from '../tool-error';
import type { Admin, Call } from './admin';

const CONTROLLER_ENDPOINT = 2;
const METADATA_MANAGER = 'org.apache.kafka.clients.admin.internals.AdminMetadataManager';

/**
 * What an admin client made with `--bootstrap-controller` asks first: whether a controller answers (KIP-919). Brokers
 * refuse, which is fatal to the client; so is talking to them as if they were controllers.
 */
export async function requireController(admin: Admin, call: Call, io: Io): Promise<void> {
  const { errorCode, errorMessage } = await admin.toAny(call, DescribeCluster, {
    includeClusterAuthorizedOperations: false,
    endpointType: CONTROLLER_ENDPOINT,
  });
  if (errorCode === 0) return;
  const error = new ServerError(errorName(errorCode), errorMessage);
  const what = 'Metadata update failed due to mismatched endpoint type error';
  const { logPrefix } = admin.client.options;
  if (error.error === 'MISMATCHED_ENDPOINT_TYPE') logTo(io.stderr)('WARN', logPrefix + what, METADATA_MANAGER, error);
  throw error;
}

/** What Java's admin client says of operations that it sends to brokers alone. */
export const notForControllers = (): ServerError =>
  new ServerError(
    'UNSUPPORTED_ENDPOINT_TYPE',
    'This Admin API is not yet supported when communicating directly with the controller quorum.',
  );
