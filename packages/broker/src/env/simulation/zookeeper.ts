import { type ZooKeeper, type ZooKeeperConnectOptions, ZooKeeperError, type ZooKeeperSession } from '../zookeeper';
import type { SimulatedProcess } from './clock';
import type { Fabric, Host } from './fabric';
import type { SeededRandom } from './random';
import { ZOOKEEPER_PORT } from './zookeeper-ensemble';
import { SimulatedSession } from './zookeeper-session';
import { SessionLink } from './zookeeper-session-link';

/** ZooKeeper as one process on a host of the fabric reaches it. */
export class SimulatedZooKeeper implements ZooKeeper {
  constructor(
    private readonly fabric: Fabric,
    private readonly host: Host,
    private readonly process: SimulatedProcess,
    private readonly random: SeededRandom,
  ) {}

  async connect(options: ZooKeeperConnectOptions): Promise<ZooKeeperSession> {
    const { fabric, host, process, random } = this;
    const { hosts, chroot } = this.parse(options.connect);
    const { sessionTimeoutMs, resume } = options;
    const link = new SessionLink({ fabric, host, process, random }, { hosts, chroot, sessionTimeoutMs, resume });
    const session = new SimulatedSession(link);
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => link.end('closed');
      const timer = process.after(options.connectionTimeoutMs, () => {
        const message = 'Timed out waiting for connection while in state: CONNECTING';
        reject(new ZooKeeperError('OPERATION_TIMEOUT', '/', message));
        giveUp();
      });
      const stop = session.onState((state) => {
        timer.cancel();
        options.signal?.removeEventListener('abort', giveUp);
        stop();
        if (state === 'connected') resolve();
        else reject(new ZooKeeperError(state === 'expired' ? 'SESSION_EXPIRED' : 'CONNECTION_LOSS', '/'));
      });
      options.signal?.addEventListener('abort', giveUp);
      link.open();
      if (options.signal?.aborted) giveUp();
    });
    return session;
  }

  private parse(connect: string): { hosts: { host: Host; port: number }[]; chroot: string } {
    const slash = connect.indexOf('/');
    const list = slash === -1 ? connect : connect.slice(0, slash);
    const chroot = slash === -1 ? '' : connect.slice(slash);
    const hosts = list.split(',').map((text) => {
      const [name = '', port] = text.split(':');
      const host = this.fabric.find(name);
      if (host === undefined) throw new ZooKeeperError('BAD_ARGUMENTS', '', `there is no host ${name}`);
      return { host, port: port === undefined ? ZOOKEEPER_PORT : Number(port) };
    });
    return { hosts, chroot: chroot === '/' ? '' : chroot };
  }
}
