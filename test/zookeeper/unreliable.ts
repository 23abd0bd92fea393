import {
  type ZooKeeper,
  type ZooKeeperConnectOptions,
  ZooKeeperError,
  type ZooKeeperSession,
} from '@odradek/broker/env/zookeeper';

type Write = 'create' | 'setData' | 'delete' | 'multi';

const WRITES: readonly string[] = ['create', 'setData', 'delete', 'multi'];

/** A ZooKeeper that does what it is told and loses the answer, where a test says so. */
export class UnreliableZooKeeper implements ZooKeeper {
  private readonly losses: Write[] = [];

  constructor(private readonly zookeeper: ZooKeeper) {}

  /** The next call of this kind happens, but its caller is told that nobody knows. */
  loseReplyOf(write: Write): void {
    this.losses.push(write);
  }

  get lossesLeft(): number {
    return this.losses.length;
  }

  async connect(options: ZooKeeperConnectOptions): Promise<ZooKeeperSession> {
    const session = await this.zookeeper.connect(options);
    return new Proxy(session, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        if (!WRITES.includes(String(name))) return member.bind(target);
        return async (...parameters: unknown[]): Promise<unknown> => {
          const result: unknown = await member.apply(target, parameters);
          const loss = this.losses.indexOf(name as Write);
          if (loss === -1) return result;
          this.losses.splice(loss, 1);
          throw new ZooKeeperError('CONNECTION_LOSS', String(parameters[0]));
        };
      },
    });
  }
}
