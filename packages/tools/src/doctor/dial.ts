import { connect } from 'node:net';
import type { Address } from '../client/addresses';
import { resolveHost } from '../client/addresses';
import { Connection } from '../client/connection';
import { ToolError } from '../tool-error';
import type { Reach } from './facts';

const CLIENT_ID = 'kafka-doctor';

/** What came of dialling, and the connection where a broker answered. */
export interface Call {
  readonly reach: Reach;
  readonly connection: Connection | null;
}

const failed = (reach: Reach): Call => ({ reach, connection: null });

/** Dials an address as clients do: name, host, port, and whether it speaks as a broker. */
export async function dial({ host, port }: Address, timeoutMs: number): Promise<Call> {
  let ips: string[];
  try {
    ips = await resolveHost(host);
  } catch {
    return failed({ kind: 'unresolved' });
  }
  const [ip] = ips;
  if (ip === undefined) return failed({ kind: 'unresolved' });
  const knocked = await knock(ip, port, timeoutMs);
  if (knocked !== null) return failed(knocked);
  try {
    return { reach: { kind: 'served' }, connection: await Connection.open(ip, port, CLIENT_ID, timeoutMs) };
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    return failed({ kind: 'strange' });
  }
}

/** Null where a connection could be made. */
function knock(ip: string, port: number, timeoutMs: number): Promise<Reach | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: ip, port });
    const settle = (reach: Reach | null): void => {
      socket.destroy();
      resolve(reach);
    };
    socket.setTimeout(timeoutMs, () => settle({ kind: 'silent' }));
    socket.on('connect', () => settle(null));
    socket.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED') settle({ kind: 'refused' });
      else settle(code === 'ETIMEDOUT' ? { kind: 'silent' } : { kind: 'unreachable', code });
    });
  });
}
