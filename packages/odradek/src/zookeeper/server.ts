import net from 'node:net';
import { nodeRandom } from '@odradek/broker/env/node/random';
import { Coordination } from '@odradek/broker/env/simulation/coordination';
import { MalformedRequestError } from './jute';
import { ServedConnection } from './served-connection';

const TICK_MS = 2_000;
const EXPIRY_CHECK_MS = 100;
/** jute.maxbuffer is 1 MB; Kafka's largest nodes are below that, too. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;
/** What a monitoring tool types in place of a handshake. */
const WORD_BYTES = 4;

/**
 * Stands in for a ZooKeeper server: the wire protocol of ZooKeeper 3.4 to 3.9 over a tree in memory. One server, no
 * ensemble, and nothing is kept when it ends: for tests and for trying things out.
 */
export class CoordinationServer {
  private readonly service = new Coordination(nodeRandom, TICK_MS);
  private readonly server = net.createServer((socket) => this.accept(socket));
  private readonly sockets = new Set<net.Socket>();
  private expiry: NodeJS.Timeout | null = null;

  /** Resolves with the port, which is a free one where 0 is asked for. Rejects where it cannot be had. */
  async start(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, resolve);
    });
    this.expiry = setInterval(() => this.service.expire(Date.now()), EXPIRY_CHECK_MS);
    return (this.server.address() as net.AddressInfo).port;
  }

  async stop(): Promise<void> {
    if (this.expiry !== null) clearInterval(this.expiry);
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private accept(socket: net.Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay();
    const frames = new Frames(socket, (frame) => connection.received(frame));
    const connection = new ServedConnection(this.service, socket);
    socket.on('data', (chunk) => {
      try {
        frames.add(chunk);
      } catch (error) {
        if (!(error instanceof MalformedRequestError)) throw error;
        socket.destroy();
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.sockets.delete(socket);
      connection.lost();
    });
  }
}

/** Cuts what a client sends into frames. */
class Frames {
  private bytes: Buffer = Buffer.alloc(0);
  private isFirst = true;

  constructor(
    private readonly socket: net.Socket,
    private readonly take: (frame: Buffer) => void,
  ) {}

  add(chunk: Buffer): void {
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
    while (this.bytes.length >= WORD_BYTES) {
      if (this.isFirst && this.isWord()) return;
      const length = this.bytes.readInt32BE(0);
      if (length < 0 || length > MAX_FRAME_BYTES) throw new MalformedRequestError(`a frame of ${length} bytes`);
      if (this.bytes.length < WORD_BYTES + length) return;
      this.isFirst = false;
      const frame = this.bytes.subarray(WORD_BYTES, WORD_BYTES + length);
      this.bytes = this.bytes.subarray(WORD_BYTES + length);
      this.take(frame);
    }
  }

  /** Answers `ruok` and `srvr`, as probes of ZooKeeper ask; true for any word. */
  private isWord(): boolean {
    const word = this.bytes.toString('latin1', 0, WORD_BYTES);
    if (!/^[a-z]{4}$/.test(word)) return false;
    const answers: Readonly<Record<string, string>> = {
      ruok: 'imok',
      srvr: 'Zookeeper version: none, this is the coordination service of Odradek\nMode: standalone\n',
    };
    this.socket.end(answers[word] ?? `${word} is not executed because it is not in the whitelist.\n`);
    return true;
  }
}
