import { lookup } from 'node:dns/promises';
import { connect, createServer, isIPv6, type Socket } from 'node:net';
import { deadline } from '../clock';
import {
  type Connection,
  ConnectionRefusedError,
  type ConnectOptions,
  type Listening,
  type ListenOptions,
  type Network,
  type Receiver,
} from '../network';
import { nodeClock } from './clock';
import { type ReceivingSocket, receiveInto } from './receiving-socket';

const V4_IN_V6 = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

/** Kafka's sockets: no Nagle delay (an answer in two writes would take 44 ms), keep-alive probes, half-closed peers. */
const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, allowHalfOpen: true } as const;

class NodeConnection implements Connection {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  private socket: Socket;
  private receiving: ReceivingSocket | null = null;
  private isClosed = false;
  /** Callbacks of writes under way, oldest first: each is called, whatever becomes of the socket. */
  private readonly writing: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    this.remoteAddress = (socket.remoteAddress ?? '').replace(V4_IN_V6, '');
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = (socket.localAddress ?? '').replace(V4_IN_V6, '');
    this.localPort = socket.localPort ?? 0;
    // Until `start` takes over, an error (a reset before that) must not end the process.
    socket.on('error', () => {});
  }

  get queuedBytes(): number {
    return this.socket.writableLength;
  }

  start(receiver: Receiver): void {
    if (this.socket.destroyed) {
      setImmediate(() => this.over(receiver));
      return;
    }
    this.receiving = receiveInto(this.socket, receiver);
    this.socket = this.receiving.socket;
    let reason: Error | undefined;
    this.socket.on('error', (error) => {
      reason ??= error;
    });
    this.socket.once('end', () => {
      // A reset around the accept reads like an end, but the system does not know the peer any more.
      if (this.socket.remoteAddress === undefined) this.socket.destroy();
      else if (receiver.ended) receiver.ended();
      else this.end();
    });
    this.socket.once('close', () => this.over(receiver, reason));
  }

  private over(receiver: Receiver, reason?: Error): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const written of this.writing.splice(0)) written();
    receiver.closed(reason);
  }

  resume(): void {
    if (!this.socket.destroyed) this.receiving?.resume();
  }

  write(chunks: readonly Buffer[], written?: () => void): void {
    const { socket } = this;
    if (!socket.writable) {
      if (written) setImmediate(written);
      return;
    }
    this.writing.push(written ?? nothing);
    const last = chunks.length - 1;
    if (last > 0) socket.cork();
    for (let index = 0; index < last; index++) socket.write(chunks[index]!);
    socket.write(chunks[last]!, this.writeDone);
    if (last > 0) socket.uncork();
  }

  private readonly writeDone = (): void => {
    this.writing.shift()?.();
  };

  end(): void {
    this.socket.destroySoon();
  }

  destroy(): void {
    this.socket.destroy();
  }
}

function nothing(): void {}

function listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = createServer({ ...SOCKET_OPTIONS, pauseOnConnect: true }, (socket) =>
      accept(new NodeConnection(socket)),
    );
    server.once('error', reject);
    const { host, port, backlog } = options;
    server.listen({ host: host === '' ? undefined : host, port, backlog }, () => {
      server.off('error', reject);
      // Running out of file handles fails one accept, not the listener.
      server.on('error', () => {});
      const { address, port: boundPort } = server.address() as { address: string; port: number };
      resolve({ host: address, port: boundPort, close: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

function connectTo({ host, port, timeoutMs }: ConnectOptions): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, ...SOCKET_OPTIONS });
    const fail = (error: Error): void => {
      timer.cancel();
      socket.destroy();
      reject(isRefusal(error) ? new ConnectionRefusedError(error.message, { cause: error }) : error);
    };
    const address = isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
    const late = (): void => fail(new Error(`no connection to ${address} within ${timeoutMs} ms`));
    const timer = deadline(nodeClock, timeoutMs, late);
    socket.once('error', fail);
    socket.once('connect', () => {
      if (isConnectedToItself(socket)) return fail(new ConnectionRefusedError(`connect ECONNREFUSED ${address}`));
      timer.cancel();
      socket.off('error', fail);
      // Nothing may be read before the receiver's memory is there.
      socket.pause();
      resolve(new NodeConnection(socket));
    });
  });
}

function isRefusal(error: Error): boolean {
  // Of a host with several addresses each has been tried.
  if (error instanceof AggregateError) return error.errors.every(isRefusal);
  return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
}

/**
 * Of many attempts to reach a port of this machine that nobody listens on, one may be given that very port to come from,
 * and TCP then connects it to itself: nobody is there, and whoever wants to listen could not.
 */
function isConnectedToItself({ localPort, remotePort, localAddress, remoteAddress }: Socket): boolean {
  return localPort === remotePort && localAddress === remoteAddress;
}

async function resolve(host: string): Promise<string | null> {
  try {
    return (await lookup(host)).address;
  } catch {
    return null;
  }
}

/** TCP. */
export const nodeNetwork: Network = { listen, connect: connectTo, resolve };
