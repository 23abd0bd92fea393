import { type Io, println } from '../print';
import { Exit } from '../tool-error';
import type { OptionDeclarations, OptionSet } from './joptsimple';

/** The version of Kafka that the tools are compatible with: what `--version` prints. */
export const KAFKA_VERSION = '3.9.1';

type Name<D> = keyof D & string;

/** Checks of option sets in the words of CommandLineUtils; each failure prints the usage and leaves with code 1. */
export function usageOf<D extends OptionDeclarations>(options: OptionSet<D>, io: Io) {
  /** The message, the help table, exit 1. */
  const fail = (message: string): never => {
    println(io.stderr, message);
    io.stderr.write(options.help());
    throw new Exit(1);
  };
  return {
    fail,
    /** `--help` and no arguments at all print the usage, `--version` the version. */
    helpOrVersion(argv: readonly string[], description: string): void {
      if (options.has('help')) {
        println(io.stderr, description);
        io.stderr.write(options.help() + options.extensionsHelp());
        throw new Exit(1);
      }
      if (argv.length === 0) fail(description);
      if (!options.has('version')) return;
      println(io.stdout, KAFKA_VERSION);
      throw new Exit(0);
    },
    require(...names: Name<D>[]): void {
      for (const name of names) if (!options.has(name)) fail(`Missing required argument "[${name}]"`);
    },
    /** None of `others` may stand beside `name`. */
    forbid(name: Name<D>, others: readonly Name<D>[]): void {
      if (!options.has(name)) return;
      for (const other of others) {
        if (options.has(other)) fail(`Option "[${name}]" can't be used with option "[${other}]"`);
      }
    },
  };
}

/** `k=v` arguments, split at the first `=`; a key alone has the empty value. */
export function parseKeyValues(pairs: readonly string[]): Map<string, string> {
  return new Map(
    pairs.map((pair): [string, string] => {
      const at = pair.indexOf('=');
      return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
