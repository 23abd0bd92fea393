import net from 'node:net';

const given = new Set<number>();

/** A port of 127.0.0.1 that nothing listens on and that this process has not given away before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = net.createServer();
      server.on('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const { port: found } = server.address() as net.AddressInfo;
        server.close(() => resolve(found));
      });
    });
    if (!given.has(port)) {
      given.add(port);
      return port;
    }
  }
}

export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

/** Sends bytes and collects what comes back until `isComplete(answer)` or the peer closes; undefined where nobody answers. */
export function ask(
  port: number,
  request: Buffer | string,
  isComplete: (answer: Buffer) => boolean,
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    let answer: Buffer = Buffer.alloc(0);
    const socket = net.connect({ host: '127.0.0.1', port });
    const settle = (result: Buffer | undefined) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(10_000, () => settle(undefined));
    socket.on('error', () => settle(undefined));
    socket.on('connect', () => socket.write(request));
    socket.on('end', () => settle(answer));
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      if (isComplete(answer)) settle(answer);
    });
  });
}
