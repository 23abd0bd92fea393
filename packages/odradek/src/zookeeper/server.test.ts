import net from 'node:net';
import { seededBelow } from '@odradek/protocol/testing/seeded';
import { JuteReader, JuteWriter, MalformedRequestError } from './jute';
import { OP } from './requests';
import { CoordinationServer } from './server';

const HOST = '127.0.0.1';
let server: CoordinationServer;
let port: number;

beforeEach(async () => {
  server = new CoordinationServer();
  port = await server.start(0, HOST);
});
afterEach(() => server.stop());

/** Sends bytes; resolves with all that came back when the server has ended the connection. */
function untilClosed(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = net.connect({ host: HOST, port }, () => socket.write(bytes));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(Buffer.concat(chunks)));
  });
}

const handshake = (sessionId = 0n, lastZxid = 0n, password = Buffer.alloc(16)): Buffer =>
  new JuteWriter().int(0).long(lastZxid).int(10_000).long(sessionId).buffer(password).frame();
const request = (xid: number, type: number): JuteWriter => new JuteWriter().int(xid).int(type);
const close = request(9, OP.closeSession).frame();

/** The frames of an answer. */
function framesIn(bytes: Buffer): JuteReader[] {
  const frames: JuteReader[] = [];
  for (let at = 0; at < bytes.length; at += 4 + bytes.readInt32BE(at)) {
    frames.push(new JuteReader(bytes.subarray(at + 4, at + 4 + bytes.readInt32BE(at))));
  }
  return frames;
}

const errorOf = (reply: JuteReader): number => {
  reply.int();
  reply.long();
  return reply.int();
};

test('answers the words of probes', async () => {
  expect(String(await untilClosed(Buffer.from('ruok')))).toBe('imok');
  expect(String(await untilClosed(Buffer.from('srvr')))).toContain('Mode: standalone');
  expect(String(await untilClosed(Buffer.from('wchs')))).toContain('whitelist');
});

test('serves what came in one piece with the handshake, and closes after the last answer', async () => {
  const unknown = request(2, 77).string('/').frame();
  const answers = framesIn(
    await untilClosed(Buffer.concat([handshake(), request(1, OP.ping).frame(), unknown, close])),
  );
  expect(answers.slice(1).map(errorOf)).toEqual([0, -6, 0]);
});

test('refuses a session that is not there, and a client that has seen another server', async () => {
  const strange = framesIn(await untilClosed(handshake(77n)));
  strange[0]!.int();
  expect(strange[0]!.int()).toBe(0);
  const ahead = framesIn(await untilClosed(handshake(0n, 2n ** 60n)));
  ahead[0]!.int();
  expect(ahead[0]!.int()).toBe(0);
});

test('containers and nodes with a time to live are refused, and the connection with them', async () => {
  const container = request(1, OP.create).string('/c').buffer(null).int(0).int(4).frame();
  const answers = framesIn(await untilClosed(Buffer.concat([handshake(), container])));
  expect(answers).toHaveLength(1);
});

test('no bytes end the server', async () => {
  const random = seededBelow(1);
  for (let round = 0; round < 100; round++) {
    const body = Buffer.from(Array.from({ length: 1 + random(60) }, () => random(256)));
    const frame = new JuteWriter().buffer(body).frame().subarray(4);
    // What is cut short waits for more: the end that we send is then the end.
    await untilClosed(
      Buffer.concat([handshake(), frame, request(8, 200).frame().subarray(0, 5), Buffer.alloc(4, 0xff)]),
    );
  }
  expect(String(await untilClosed(Buffer.from('ruok')))).toBe('imok');
});

test('a length is no reason to read beyond the end', () => {
  expect(() => new JuteReader(Buffer.from([0x7f, 0xff, 0xff, 0xff])).buffer()).toThrow(MalformedRequestError);
  expect(() => new JuteReader(Buffer.from([0, 0, 0, 9])).list(() => 1)).not.toThrow();
  expect(() => new JuteReader(Buffer.alloc(3)).int()).toThrow(MalformedRequestError);
});
