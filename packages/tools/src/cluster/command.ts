import { errorName } from '@odradek/protocol/errors';
import { DescribeCluster } from '@odradek/protocol/messages/describe-cluster';
import { type Admin, commandProperties, createAdmin } from '../client/admin';
import { notForControllers, requireController } from '../client/bootstrap-controller';
import { execute, executionError } from '../client/futures';
import { exitCodeAfter } from '../failures';
import { printJson } from '../json-output';
import { type Io, println } from '../print';
import { ServerError } from '../tool-error';
import { parseClusterArguments } from './arguments';
import { UnregisterBroker } from './unregister-broker';

async function printClusterId(admin: Admin, asJson: boolean, io: Io): Promise<void> {
  const clusterId = await execute(admin, 'listNodes', async (call) => {
    const { errorCode, errorMessage, clusterId } = await admin.toAny(call, DescribeCluster, {
      includeClusterAuthorizedOperations: false,
    });
    if (errorCode !== 0) throw new ServerError(errorName(errorCode), errorMessage);
    return clusterId;
  });
  if (asJson) printJson(io, { clusterId });
  else println(io.stdout, `Cluster ID: ${clusterId}`);
}

async function unregister(admin: Admin, brokerId: number, io: Io): Promise<void> {
  try {
    await admin.call('unregisterBroker', async (call) => {
      const { errorCode, errorMessage } = await admin.toAny(call, UnregisterBroker, { brokerId });
      if (errorCode !== 0) throw new ServerError(errorName(errorCode), errorMessage);
    });
    println(io.stdout, `Broker ${brokerId} is no longer registered.`);
  } catch (thrown) {
    if (!(thrown instanceof ServerError)) throw thrown;
    if (thrown.error !== 'UNSUPPORTED_VERSION') throw executionError(thrown);
    println(io.stdout, 'The target cluster does not support the broker unregistration API.');
  }
}

/** kafka-cluster (org.apache.kafka.tools.ClusterTool). */
export const cluster = (argv: readonly string[], io: Io): Promise<number> =>
  exitCodeAfter(io, async () => {
    const { command, of } = parseClusterArguments(argv, io);
    const properties = commandProperties(of.config?.[0]);
    const controllers = of['bootstrap-controller']?.[0];
    const admin = await createAdmin(properties, controllers ?? of['bootstrap-server']![0]!, io);
    try {
      if (controllers !== undefined && command === 'unregister') throw executionError(notForControllers());
      if (controllers !== undefined)
        await execute(admin, 'fetchMetadata', (call) => requireController(admin, call, io));
      if (command === 'cluster-id') await printClusterId(admin, 'json' in of, io);
      else await unregister(admin, Number(of.id![0]), io);
    } finally {
      admin.close();
    }
  });
