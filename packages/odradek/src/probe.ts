import net from 'node:net';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { Metadata } from '@odradek/protocol/messages/metadata';
import type { Api, RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import { Reader } from '@odradek/protocol/wire/reader';
import { Writer } from '@odradek/protocol/wire/writer';

/** Of both questions: before flexible headers. */
const VERSION = 1;
const PATIENCE_MS = 1_000;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How many brokers this one knows, itself among them; 0 while it knows no controller, or does not answer. */
export async function brokersKnownAt(address: Address): Promise<number> {
  const answer = await ask(address, Metadata, { topics: [] });
  return answer === null || answer.controllerId < 0 ? 0 : answer.brokers.length;
}

/** Whether groups have coordinators. The first question makes the topic that these need. */
export async function groupsServe(address: Address): Promise<boolean> {
  const answer = await ask(address, FindCoordinator, { key: 'odradek', keyType: 0 });
  return answer?.errorCode === 0;
}

/** One question on a connection of its own; null where it is not answered. */
function ask<A extends Api>(address: Address, api: A, body: RequestInit<A>): Promise<ResponseOf<A> | null> {
  return new Promise((resolve) => {
    let received: Buffer = Buffer.alloc(0);
    const socket = net.connect(address);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => resolve(null));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      resolve(api.responseCodec(VERSION).decode(new Reader(received, 8)) as ResponseOf<A>);
      socket.destroy();
    });
    socket.write(encode(api, body));
  });
}

function encode<A extends Api>(api: A, body: RequestInit<A>): Buffer {
  const writer = new Writer();
  writer.int32(0);
  writer.int16(api.key);
  writer.int16(VERSION);
  writer.int32(0);
  writer.string('odradek');
  api.requestCodec(VERSION).encode(writer, body as never);
  const bytes = writer.toBuffer();
  bytes.writeInt32BE(bytes.length - 4);
  return bytes;
}
