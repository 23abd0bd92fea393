import type { LevelledLoggers, LogFields, Logger, LogLevel } from '../logger';

export interface SimulatedLine {
  /** In the world's time. */
  readonly atMs: number;
  readonly process: string;
  readonly level: LogLevel;
  readonly text: string;
}

/** Loggers that hand their lines, with the world's time, to whoever keeps them. Levels are kept and have no effect. */
export class SimulatedLoggers implements LevelledLoggers {
  private readonly known = new Map<string, LogLevel>([['root', 'INFO']]);

  constructor(
    private readonly process: { readonly name: string; monotonicMs(): number },
    private readonly keep: (line: SimulatedLine) => void,
  ) {}

  logger(name: string, prefix = ''): Logger {
    this.known.set(name, 'INFO');
    const at =
      (level: LogLevel) =>
      (message: string, fields?: LogFields): void => {
        const error = fields?.['error'];
        const reason = error instanceof Error ? ` ${error.stack ?? error.message}` : '';
        const { process } = this;
        const text = `${prefix}${message}${reason}`;
        this.keep({ atMs: process.monotonicMs(), process: process.name, level, text });
      };
    return {
      name,
      trace: at('TRACE'),
      debug: at('DEBUG'),
      info: at('INFO'),
      warn: at('WARN'),
      error: at('ERROR'),
      fatal: at('FATAL'),
    };
  }

  has(name: string): boolean {
    return [...this.known.keys()].some((known) => known === name || known.startsWith(`${name}.`));
  }

  setLevel(name: string, level: LogLevel | null): void {
    if (this.known.has(name)) this.known.set(name, level ?? 'INFO');
  }

  levels(): Map<string, LogLevel> {
    return new Map(this.known);
  }
}
