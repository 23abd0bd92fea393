import type { Logger, Loggers } from '../logger';
import { type ZooKeeper, type ZooKeeperConnectOptions, ZooKeeperError, type ZooKeeperSession } from '../zookeeper';
import { parseConnect } from './zookeeper-hosts';
import { NodeZooKeeperSession } from './zookeeper-session';
import { SessionCore } from './zookeeper-session-core';

/** ZooKeeper over TCP. */
export class NodeZooKeeper implements ZooKeeper {
  private readonly logger: Logger;

  constructor(loggers: Loggers) {
    this.logger = loggers.logger('org.apache.zookeeper.ClientCnxn');
  }

  async connect(options: ZooKeeperConnectOptions): Promise<ZooKeeperSession> {
    const { sessionTimeoutMs, resume } = options;
    const core = new SessionCore({ ...parseConnect(options.connect), sessionTimeoutMs, resume }, this.logger);
    const session = new NodeZooKeeperSession(core);
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => core.abandon('no longer wanted');
      const timer = setTimeout(() => {
        const message = 'Timed out waiting for connection while in state: CONNECTING';
        reject(new ZooKeeperError('OPERATION_TIMEOUT', '/', message));
        giveUp();
      }, options.connectionTimeoutMs);
      const stop = session.onState((state) => {
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', giveUp);
        stop();
        if (state === 'connected') resolve();
        else reject(new ZooKeeperError(state === 'expired' ? 'SESSION_EXPIRED' : 'CONNECTION_LOSS', '/'));
      });
      options.signal?.addEventListener('abort', giveUp);
      core.open();
      if (options.signal?.aborted) giveUp();
    });
    return session;
  }
}
