import { spawn } from 'node:child_process';
import path from 'node:path';
import { home } from './process';

export interface ToolResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ToolOptions {
  /** Written to its stdin, which is then closed. */
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Killed after so long, so that a tool that hangs fails its own test. */
  readonly limitMs?: number;
}

/** Runs `bin/NAME.sh ARGS…` (or the script at an absolute path) to its end. */
export function runTool(name: string, args: readonly string[], options: ToolOptions = {}): Promise<ToolResult> {
  const { input = '', env = {}, cwd = home, limitMs = 30_000 } = options;
  const script = path.isAbsolute(name) ? name : path.join(home, 'bin', `${name}.sh`);
  return new Promise((resolve, reject) => {
    const child = spawn(script, args, {
      cwd,
      env: { ...process.env, ...env },
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk) => stdout.push(chunk));
    child.stderr.on('data', (chunk) => stderr.push(chunk));
    child.stdin.on('error', () => {}); // a tool may end without reading its input
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}
