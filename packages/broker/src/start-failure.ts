import { ConfigError } from './config/errors';
import { DiskError } from './env/disk';
import { ZooKeeperError } from './env/zookeeper';
import { ForeignClusterError, IdentityError } from './identity';
import { LogDirError, LogDirLockedError } from './log/log-dir-error';
import { ListenerBindError } from './network/bind-error';
import { AdvertisedListenerInUseError } from './zookeeper/registration';

/** The settings that a failed start may have to do with. */
export interface StartSettings {
  readonly zookeeperConnect: string;
  readonly zookeeperConnectionTimeoutMs: number;
}

/**
 * Why the broker does not start, for the person who started it: Kafka's words where it has some, then the settings at
 * fault and what to do. Null for what no person did: the caller then shows the stack.
 */
export function explainStartFailure(error: unknown, settings: StartSettings): string | null {
  if (error instanceof ForeignClusterError) return explainForeignCluster(error, settings);
  if (error instanceof ConfigError || error instanceof IdentityError) return error.message;
  if (error instanceof LogDirLockedError) {
    return `${error.message} Stop the broker that uses it, or give this one a folder of its own in log.dirs.`;
  }
  if (error instanceof LogDirError) return error.message;
  if (error instanceof DiskError) {
    return `${error.message}. Make the folder readable and writable, or name another in log.dirs.`;
  }
  if (error instanceof ListenerBindError) return `${error.message} ${bindRemedy(error)}`;
  if (error instanceof AdvertisedListenerInUseError) {
    return `${error.message}. Give every broker a host:port of its own in advertised.listeners (or in listeners, where that is not set).`;
  }
  if (error instanceof ZooKeeperError) return explainZooKeeper(error, settings);
  return null;
}

/** Data is at stake: what tells the two apart changes nothing, and what deletes is said last. */
function explainForeignCluster({ message, dir }: ForeignClusterError, { zookeeperConnect }: StartSettings): string {
  return [
    message,
    `One of the two is stale. What is in them: bin/zookeeper-shell.sh ${zookeeperConnect} ls /brokers/topics; ls ${dir}`,
    'To keep the data, point zookeeper.connect (or its chroot) at the ZooKeeper that the data came from.',
    `To start afresh, and only if nothing in the folder is wanted: rm -r ${dir}`,
  ].join('\n');
}

function bindRemedy({ code, host, port }: ListenerBindError): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Another process listens there: stop it, or name another port than ${port} in listeners.`;
    case 'EACCES':
      return `This user may not listen there: name a port from 1024 up in listeners.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is no address of this machine: name one in listeners (0.0.0.0 for all), and in advertised.listeners what clients connect to.`;
    default:
      return 'Correct listeners.';
  }
}

function explainZooKeeper({ code, path, message }: ZooKeeperError, settings: StartSettings): string | null {
  const where = `zookeeper.connect=${settings.zookeeperConnect}`;
  switch (code) {
    case 'OPERATION_TIMEOUT':
      return `${message} (${where}): no ZooKeeper server answered within ${settings.zookeeperConnectionTimeoutMs} ms (zookeeper.connection.timeout.ms). Start ZooKeeper, or correct zookeeper.connect.`;
    case 'NODE_EXISTS':
      if (!path.startsWith('/brokers/ids/')) return null;
      return `${message}: another broker with this id is running. Give this one a broker.id of its own, or stop the other.`;
    case 'NO_AUTH':
    case 'INVALID_ACL':
    case 'AUTH_FAILED':
      return `${message} (${where}): ZooKeeper does not let this broker in. Check its credentials and zookeeper.set.acl.`;
    case 'BAD_ARGUMENTS':
      return `${message} (${where}): correct zookeeper.connect.`;
    default:
      return null;
  }
}
