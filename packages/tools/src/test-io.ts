import { Readable } from 'node:stream';
import type { Io, Out } from './print';

/** Surroundings for tests: what a tool prints is kept, and its input is given. */
export function testIo(input = ''): { io: Io; stdout: () => string; stderr: () => string } {
  const capture = (): { out: Out; text: () => string } => {
    const chunks: Buffer[] = [];
    const out = { write: (data: string | Uint8Array) => void chunks.push(Buffer.from(data)), broken: false };
    return { out, text: () => Buffer.concat(chunks).toString('utf8') };
  };
  const stdout = capture();
  const stderr = capture();
  const io: Io = {
    stdout: stdout.out,
    stderr: stderr.out,
    stdin: Readable.from([Buffer.from(input)]),
    isTerminal: false,
    terminalSize: () => ({ columns: 80, rows: 24 }),
    onInterrupt: () => undefined,
  };
  return { io, stdout: stdout.text, stderr: stderr.text };
}
