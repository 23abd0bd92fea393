import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';

const TICKS_PER_SECOND = 100;
const USER_TIME = 11;
const PIECE_BYTES = 2 ** 28;
/** Left alone when all memory is touched. */
const SPARE_BYTES = 3e9;

/** CPU seconds of a process and its threads. Linux only: undefined elsewhere. */
export function cpuSeconds(pid) {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[USER_TIME]) + Number(fields[USER_TIME + 1])) / TICKS_PER_SECOND;
}

export function rssMb(pid) {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readIfThere(`/proc/${pid}/status`) ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Uses so much memory once, in a process that ends then. On a fresh virtual machine the first use of a page costs more
 * than anything a broker does with it: an untouched machine measures its hypervisor.
 */
export function touchMemory(bytes = Number.POSITIVE_INFINITY) {
  const available = Number(/^MemAvailable:\s+(\d+)/m.exec(readIfThere('/proc/meminfo') ?? '')?.[1] ?? 0) * 1024;
  const pieces = Math.floor(Math.min(bytes, (available || os.freemem()) - SPARE_BYTES) / PIECE_BYTES);
  const script = `const held = []; for (let i = 0; i < ${pieces}; i++) held.push(Buffer.allocUnsafeSlow(${PIECE_BYTES}).fill(1));`;
  if (pieces > 0) execFileSync(process.execPath, ['-e', script]);
}

/** How busy the machine is with other things: the share of its CPU time that was not idle over a moment. */
export async function busyShare(momentMs = 1000) {
  const [before, startMs] = [cpuTimes(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, momentMs));
  const busyMs = cpuTimes() - before;
  return busyMs / ((performance.now() - startMs) * os.cpus().length);
}

const cpuTimes = () => os.cpus().reduce((sum, { times }) => sum + times.user + times.sys + times.nice + times.irq, 0);

export function describeMachine() {
  const cpus = os.cpus();
  return `${cpus.length} × ${cpus[0].model.trim()}, ${Math.round(os.totalmem() / 2 ** 30)} GB, ${os.type()} ${os.release()}, Node ${process.version}`;
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
