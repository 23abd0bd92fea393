import type { Readable } from 'node:stream';

/** Where a tool's text goes. */
export interface Out {
  write(data: string | Uint8Array): void;
  /** True once nobody reads it any more (a closed pipe). */
  readonly broken: boolean;
}

/** Where a tool prints. */
export interface Outs {
  readonly stdout: Out;
  readonly stderr: Out;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A tool's surroundings, so that tests can run one without a process of its own. */
export interface Io extends Outs {
  readonly stdin: Readable;
  /** Whether a person sits at it: what System.console() tells Java tools (both ends a terminal). */
  readonly isTerminal: boolean;
  /** How much the terminal shows, which may change at any time. */
  terminalSize(): TerminalSize;
  /** Calls back on SIGINT or SIGTERM. A second signal ends the process at once. */
  onInterrupt(listener: (signal: NodeJS.Signals) => void): void;
}

/** What a JVM ends with when a signal ends it. */
export const signalExitCode = (signal: NodeJS.Signals): number => (signal === 'SIGINT' ? 130 : 143);

/** Keeps what is printed until asked for it. */
export function bufferedOuts(): { readonly outs: Outs; stdout(): string; stderr(): string } {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const into = (texts: string[]): Out => ({ write: (data) => void texts.push(data.toString()), broken: false });
  return {
    outs: { stdout: into(stdout), stderr: into(stderr) },
    stdout: () => stdout.join(''),
    stderr: () => stderr.join(''),
  };
}

export const println = (out: Out, line: string): void => out.write(`${line}\n`);

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

/** A time as log4j prints it: `2024-01-01 10:00:00,000`, local. */
export function logTime(date: Date): string {
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1, 2)}-${pad(date.getDate(), 2)}`;
  const time = `${pad(date.getHours(), 2)}:${pad(date.getMinutes(), 2)}:${pad(date.getSeconds(), 2)}`;
  return `${day} ${time},${pad(date.getMilliseconds(), 3)}`;
}

/** A log line as the tools' log4j lays it out; an exception follows on lines of its own. */
export type Log = (level: 'WARN' | 'ERROR', message: string, logger: string, thrown?: Error) => void;

export const logTo =
  (out: Out): Log =>
  (level, message, logger, thrown) => {
    println(out, `[${logTime(new Date())}] ${level} ${message} (${logger})${thrown ? `\n${thrown.toString()}` : ''}`);
  };
