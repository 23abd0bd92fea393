import type { LogFields, Loggers } from '../logger';

export interface LoggedLine {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  readonly name: string;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** Loggers that remember their lines. */
export class MemoryLoggers implements Loggers {
  readonly lines: LoggedLine[] = [];

  logger(name: string, prefix = ''): ReturnType<Loggers['logger']> {
    const at =
      (level: LoggedLine['level']) =>
      (message: string, fields?: LogFields): void => {
        this.lines.push({ level, name, message: prefix + message, fields });
      };
    return {
      name,
      trace: at('trace'),
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      fatal: at('fatal'),
    };
  }

  /** Messages of a level and above it that went to any logger. */
  messages(...levels: LoggedLine['level'][]): string[] {
    return this.lines.filter(({ level }) => levels.includes(level)).map(({ message }) => message);
  }
}
