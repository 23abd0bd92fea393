import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** @typedef {{ pid: number, args: string[], cwd?: string }} Process */

/** Every process of this machine with its arguments. Debian's smallest images have no `ps`, macOS has no /proc. @returns {Process[]} */
export function listProcesses() {
  return fs.existsSync('/proc/self/cmdline') ? listProc() : listPs();
}

function listProc() {
  const processes = [];
  for (const name of fs.readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const dir = path.join('/proc', name);
    try {
      const args = fs.readFileSync(path.join(dir, 'cmdline'), 'utf8').split('\0').slice(0, -1);
      if (args.length > 0) processes.push({ pid: Number(name), args, cwd: linkOf(path.join(dir, 'cwd')) });
    } catch (error) {
      if (!['ENOENT', 'ESRCH', 'EACCES'].includes(error.code)) throw error; // it ended, or is none of ours
    }
  }
  return processes;
}

function linkOf(file) {
  try {
    return fs.readlinkSync(file);
  } catch {
    return undefined; // another user's process hides its folder
  }
}

function listPs() {
  const lines = execFileSync('ps', ['axww', '-o', 'pid=,args='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid, ...args] = line.trim().split(/\s+/);
    return { pid: Number(pid), args };
  });
}

const isProgram = (word, name) => path.basename(word ?? '').startsWith(name);

/** Brokers of ours: `node …/packages/broker/dist/main.js FILE …`. The arguments after the script are kept in `rest`. */
export function brokersAmong(processes) {
  const main = path.join('packages', 'broker', 'dist', 'main.js');
  return processes.flatMap(({ pid, args, cwd }) => {
    const at = args.findIndex((word) => word.endsWith(main));
    return isProgram(args[0], 'node') && at > 0 ? [{ pid, cwd, rest: args.slice(at + 1) }] : [];
  });
}

/** ZooKeeper's servers, ours or not: Apache's script does not ask either. */
export function zooKeepersAmong(processes) {
  return processes.filter(
    ({ args }) => isProgram(args[0], 'java') && args.some((word) => word.endsWith('.QuorumPeerMain')),
  );
}
