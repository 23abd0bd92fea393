import type { WatchEvent } from '../zookeeper';
import { ZooKeeperError } from '../zookeeper';
import type { SimulatedProcess } from './clock';
import { Coordination, type ServerConnection } from './coordination';
import type { ChannelEnd, Fabric, Host } from './fabric';
import type { SeededRandom } from './random';

export const ZOOKEEPER_PORT = 2181;
const CALL_MS = 0.02;

/** What a client says to a server of the ensemble. */
export type ClientMessage =
  | {
      readonly type: 'connect';
      readonly sessionId: string;
      readonly password: Buffer;
      readonly timeoutMs: number;
    }
  | { readonly type: 'call'; readonly run: (connection: ServerConnection, nowMs: number) => unknown }
  | { readonly type: 'ping' };

/** What a server says to a client. Answers to calls come in their order. */
export type ServerMessage =
  | { readonly type: 'connected'; readonly sessionId: string; readonly password: Buffer; readonly timeoutMs: number }
  | { readonly type: 'expired' }
  | { readonly type: 'event'; readonly event: WatchEvent }
  | { readonly type: 'pong' }
  | { readonly type: 'reply'; readonly zxid: number; readonly result: unknown; readonly error: ZooKeeperError | null };

interface Member {
  readonly host: Host;
  process: SimulatedProcess;
  readonly connections: Set<ServerConnection>;
}

export interface EnsembleOptions {
  readonly hosts: readonly string[];
  readonly tickTimeMs: number;
}

/**
 * The servers of a ZooKeeper ensemble on hosts of the fabric. They serve while most of them run, and what one of them
 * has answered, all know.
 */
export class SimulatedEnsemble {
  readonly service: Coordination;
  private readonly members: Member[];
  private hadQuorum = true;

  constructor(
    private readonly fabric: Fabric,
    random: SeededRandom,
    { hosts, tickTimeMs }: EnsembleOptions,
  ) {
    this.service = new Coordination(random, tickTimeMs);
    this.members = hosts.map((name) => ({
      host: fabric.host(name),
      process: fabric.time.process(name),
      connections: new Set(),
    }));
    for (const member of this.members) this.listen(member);
    fabric.time.physics.every(tickTimeMs / 2, () => this.tick());
  }

  /** As in `zookeeper.connect`. */
  get connect(): string {
    return this.members.map(({ host }) => `${host.name}:${ZOOKEEPER_PORT}`).join(',');
  }

  /** Stops the process of a server. */
  stop(index: number): void {
    const member = this.members[index]!;
    for (const connection of [...member.connections]) connection.disconnect();
    member.process.kill();
    this.checkQuorum();
  }

  start(index: number): void {
    const member = this.members[index]!;
    if (member.process.isAlive) return;
    member.process = this.fabric.time.process(member.host.name);
    this.listen(member);
    this.checkQuorum();
  }

  get size(): number {
    return this.members.length;
  }

  /** Breaks the connections that clients on this host have: what they have asked is done, but they do not hear of it. */
  dropConnectionsOf(address: string): void {
    for (const { connections } of this.members)
      for (const connection of [...connections]) if (connection.address === address) connection.disconnect();
  }

  private get now(): number {
    return this.members[0]!.process.nowMs();
  }

  private get hasQuorum(): boolean {
    return this.members.filter(({ process }) => process.state === 'running').length > this.members.length / 2;
  }

  private tick(): void {
    this.checkQuorum();
    if (this.hadQuorum) this.service.expire(this.now);
  }

  private checkQuorum(): void {
    const { hasQuorum } = this;
    if (hasQuorum === this.hadQuorum) return;
    this.hadQuorum = hasQuorum;
    if (hasQuorum) this.service.elect(this.now);
    else for (const { connections } of this.members) for (const connection of [...connections]) connection.disconnect();
  }

  private listen(member: Member): void {
    member.host.listen(ZOOKEEPER_PORT, member.process, (channel) => this.accept(member, channel));
  }

  private accept({ process, connections }: Member, channel: ChannelEnd): void {
    const say = (message: ServerMessage): void => channel.send(message);
    let connection: ServerConnection | null = null;
    const leave = (): void => {
      if (connection) connections.delete(connection);
      connection?.disconnect();
    };
    const connect = (message: Extract<ClientMessage, { type: 'connect' }>): void => {
      if (!this.hasQuorum) {
        channel.close(false);
        return;
      }
      const { address } = channel.remote.host;
      connection = this.service.connect({ ...message, address }, process.nowMs(), {
        event: (event) => say({ type: 'event', event }),
        closed: () => {
          leave();
          channel.close(false);
        },
      });
      if (connection === null) {
        say({ type: 'expired' });
        return;
      }
      connections.add(connection);
      const { sessionId, password, timeoutMs } = connection;
      say({ type: 'connected', sessionId, password, timeoutMs });
    };
    channel.listen({
      message: (message) => {
        process.spend(CALL_MS);
        const said = message as ClientMessage;
        if (said.type === 'connect') connect(said);
        else if (connection?.heard(process.nowMs())) {
          say(said.type === 'ping' ? { type: 'pong' } : answer(connection, said.run, process.nowMs()));
          this.fabric.time.trace.note(this.service.zxid);
        }
      },
      closed: leave,
    });
  }
}

function answer(
  connection: ServerConnection,
  run: (connection: ServerConnection, nowMs: number) => unknown,
  nowMs: number,
): ServerMessage {
  try {
    const result = run(connection, nowMs);
    return { type: 'reply', zxid: connection.zxid, result, error: null };
  } catch (error) {
    if (!(error instanceof ZooKeeperError)) throw error;
    return { type: 'reply', zxid: connection.zxid, result: undefined, error };
  }
}
