import net from 'node:net';

/** Stands between clients and a server, of 127.0.0.1 where nothing else is said, and may let nothing through without ending anything: for ever, or for a while. */
export class TestProxy {
  private readonly pairs = new Set<readonly [net.Socket, net.Socket]>();
  private isSwallowing = false;
  private isHeld = false;

  private constructor(
    private readonly server: net.Server,
    private readonly targetPort: number,
    private readonly targetHost: string,
  ) {
    server.on('connection', (client) => this.join(client));
  }

  static async start(targetPort: number, targetHost = '127.0.0.1'): Promise<TestProxy> {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TestProxy(server, targetPort, targetHost);
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  /** Connections that neither side has ended. */
  get connections(): number {
    return this.pairs.size;
  }

  /** From now on connections are half-open: nothing comes through either way, new ones included, and none is ended. */
  swallow(): void {
    this.isSwallowing = true;
  }

  /** A cut network: nothing comes through, new connections included. What was sent meanwhile arrives after `release`, as TCP sends it again. */
  hold(): void {
    this.isHeld = true;
    for (const sockets of this.pairs) for (const socket of sockets) socket.pause();
  }

  release(): void {
    this.isHeld = false;
    for (const sockets of this.pairs) for (const socket of sockets) socket.resume();
  }

  async close(): Promise<void> {
    for (const sockets of this.pairs) for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: net.Socket): void {
    const target = net.connect(this.targetPort, this.targetHost);
    const pair = [client, target] as const;
    this.pairs.add(pair);
    if (this.isHeld) for (const socket of pair) socket.pause();
    for (const [from, to] of [pair, [target, client] as const]) {
      from.on('data', (bytes) => {
        if (!this.isSwallowing) to.write(bytes);
      });
      from.on('error', () => {});
      from.on('close', () => {
        this.pairs.delete(pair);
        if (!this.isSwallowing) to.destroy();
      });
    }
  }
}
