import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { home } from './process';

interface Running {
  readonly pid: number;
  readonly cwd?: string;
  /** The arguments after a broker's script. */
  readonly rest?: readonly string[];
}

/** The servers of this machine as the stop scripts find them. In a process of its own: jest does not import ES modules. */
export async function runningServers(kind: 'brokersAmong' | 'zooKeepersAmong'): Promise<Running[]> {
  const module = JSON.stringify(path.join(home, 'scripts', 'lib', 'processes.mjs'));
  const script = `import(${module}).then((m) => console.log(JSON.stringify(m.${kind}(m.listProcesses()))))`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
  return JSON.parse(stdout) as Running[];
}
