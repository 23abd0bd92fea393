import { logTime, type Out, println } from '@odradek/tools/print';
import { ToolError } from '@odradek/tools/tool-error';

/** Log4j's levels, from the quietest. */
export const LEVELS = ['OFF', 'FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'] as const;
export type Level = (typeof LEVELS)[number];

export const ROOT = 'root';

interface LevelSetting {
  readonly level: Level;
  /** Null: since the start. */
  readonly lastModified: number | null;
}

/** The levels of all loggers by name, as /admin/loggers shows and sets them (KIP-495). */
export class Loggers {
  private readonly levels = new Map<string, LevelSetting>([[ROOT, { level: 'INFO', lastModified: null }]]);
  private readonly known = new Set<string>();

  constructor(private readonly out: Out) {}

  /** @param context what every line begins with, such as `[name|task-0] ` */
  logger(name: string, context = ''): Logger {
    this.known.add(name);
    return new Logger(this, name, context);
  }

  /** The level that holds for a logger: its own, that of a package around it, or the root's. */
  effective(name: string): Level {
    for (let at = name; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
      const setting = this.levels.get(at);
      if (setting) return setting.level;
    }
    return this.levels.get(ROOT)!.level;
  }

  /** Loggers with levels of their own, by name. */
  all(): [string, LevelSetting][] {
    return [...this.levels].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** What is set for a logger, or holds for one that is used; undefined for others. */
  get(name: string): LevelSetting | undefined {
    const setting = this.levels.get(name);
    if (setting || !this.known.has(name)) return setting;
    return { level: this.effective(name), lastModified: null };
  }

  /** Sets the level of a package or logger, and of those within it: of all, where that is `root`. Returns their names. */
  set(namespace: string, level: Level, nowMs: number): string[] {
    if (namespace !== ROOT) this.known.add(namespace);
    const within = [...this.known, ...this.levels.keys()].filter(
      (name) => namespace === ROOT || name.startsWith(namespace),
    );
    const names = [...new Set([namespace, ...within])].sort();
    // What has that level already, be it by a package around it, stays as it is.
    const changed = names.filter((name) => this.effective(name) !== level);
    for (const name of changed) this.levels.set(name, { level, lastModified: nowMs });
    return names;
  }

  write(name: string, level: Level, message: string, thrown?: unknown): void {
    if (LEVELS.indexOf(level) > LEVELS.indexOf(this.effective(name))) return;
    const trace = thrown === undefined ? '' : `\n${traceText(thrown)}`;
    println(this.out, `[${logTime(new Date())}] ${level} ${message} (${name})${trace}`);
  }
}

const traceText = (thrown: unknown): string => {
  if (thrown instanceof ToolError) return thrown.toString();
  return thrown instanceof Error ? (thrown.stack ?? String(thrown)) : String(thrown);
};

/** Writes log lines under one name. */
export class Logger {
  constructor(
    private readonly loggers: Loggers,
    private readonly name: string,
    private readonly context: string,
  ) {}

  error(message: string, thrown?: unknown): void {
    this.loggers.write(this.name, 'ERROR', this.context + message, thrown);
  }

  warn(message: string, thrown?: unknown): void {
    this.loggers.write(this.name, 'WARN', this.context + message, thrown);
  }

  info(message: string): void {
    this.loggers.write(this.name, 'INFO', this.context + message);
  }

  debug(message: string): void {
    this.loggers.write(this.name, 'DEBUG', this.context + message);
  }

  trace(message: string): void {
    this.loggers.write(this.name, 'TRACE', this.context + message);
  }
}
