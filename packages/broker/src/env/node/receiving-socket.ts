import { Socket } from 'node:net';
import type { Receiver } from '../network';

/** What we need of libuv's stream handle. Undocumented, hence looked at before it is used. */
interface Handle {
  readonly reading: boolean;
  readStart(): number;
  readStop(): number;
  useUserBuffer(buffer: Uint8Array): void;
}

/** A socket that reads into its receiver's memory. */
export interface ReceivingSocket {
  readonly socket: Socket;
  /** Reads on after the receiver asked for a pause. */
  resume(): void;
}

const isHandle = (handle: unknown): handle is Handle =>
  typeof handle === 'object' &&
  handle !== null &&
  ['readStart', 'readStop', 'useUserBuffer'].every((name) => typeof (handle as never)[name] === 'function');

/**
 * Takes over a connected socket that has not read anything yet.
 *
 * Node reads into memory that the user provides (`onread`) only on sockets that it connects itself. An accepted one
 * becomes such a socket by moving its handle to a new Socket: that saves an allocation of 64 KB and its copy for each
 * read (docs/network.md). Where Node's insides look different, `data` events and a copy do.
 */
export function receiveInto(plain: Socket, receiver: Receiver): ReceivingSocket {
  const { _handle: handle } = plain as unknown as { _handle?: unknown };
  return isHandle(handle) ? rewrap(plain, handle, receiver) : receiveByCopy(plain, receiver);
}

function rewrap(plain: Socket, handle: Handle, receiver: Receiver): ReceivingSocket {
  (plain as unknown as { _handle: unknown })._handle = null;
  plain.destroy();
  const socket = new Socket({
    handle,
    allowHalfOpen: true,
    onread: {
      buffer: () => receiver.target(),
      callback: (bytes: number) => receiver.received(bytes),
    },
  } as never);
  socket.resume();
  return { socket, resume: () => socket.resume() };
}

/** The documented way: for Node versions whose handles we do not know. */
export function receiveByCopy(socket: Socket, receiver: Receiver): ReceivingSocket {
  let rest: Buffer | null = null;
  const deliver = (chunk: Buffer): void => {
    let from = 0;
    while (from < chunk.length) {
      const target = receiver.target();
      const bytes = chunk.copy(target, 0, from);
      from += bytes;
      if (receiver.received(bytes)) continue;
      rest = from < chunk.length ? chunk.subarray(from) : null;
      socket.pause();
      return;
    }
    rest = null;
  };
  socket.on('data', deliver);
  socket.resume();
  return {
    socket,
    resume: () => {
      socket.resume();
      const chunk = rest;
      rest = null;
      if (chunk) deliver(chunk);
    },
  };
}
