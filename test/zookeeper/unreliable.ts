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
  /** Calls whose reply was lost, and which have not come again. */
  private readonly repeating = new Set<string>();
  /** How many writes there were, those not counted that repeat one whose reply was lost. */
  writes = 0;

  /** @param isLost whether the reply of the n-th write, from 0, is lost, as well as those of `loseReplyOf` */
  constructor(
    private readonly zookeeper: ZooKeeper,
    private readonly isLost: (index: number) => boolean = () => false,
  ) {}

  /** The next call of this kind happens, but its caller is told that nobody knows. */
  loseReplyOf(write: Write): void {
    this.losses.push(write);
  }

  get lossesLeft(): number {
    return this.losses.length;
  }

  private losesReplyOf(write: Write, call: string): boolean {
    if (this.repeating.delete(call)) return false;
    const loss = this.losses.indexOf(write);
    if (loss !== -1) this.losses.splice(loss, 1);
    else if (!this.isLost(this.writes++)) return false;
    this.repeating.add(call);
    return true;
  }

  async connect(options: ZooKeeperConnectOptions): Promise<ZooKeeperSession> {
    const session = await this.zookeeper.connect(options);
    return new Proxy(session, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        if (!WRITES.includes(String(name))) return member.bind(target);
        return async (...parameters: unknown[]): Promise<unknown> => {
          const isLost = this.losesReplyOf(name as Write, JSON.stringify([name, parameters]));
          const result: unknown = await member.apply(target, parameters);
          if (!isLost) return result;
          throw new ZooKeeperError('CONNECTION_LOSS', String(parameters[0]));
        };
      },
    });
  }
}
