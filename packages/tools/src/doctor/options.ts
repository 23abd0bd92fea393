import { parseArgs } from 'node:util';
import { KAFKA_VERSION } from '../args/usage';
import { TerseError } from '../failures';
import { type Io, println } from '../print';
import { Exit } from '../tool-error';

const DEFAULT_TIMEOUT_MS = 3_000;

const USAGE = `Usage: kafka-doctor.sh --bootstrap-server HOST:PORT[,HOST:PORT…] [--timeout MS] [--json]
Dials every address of a cluster as its clients do, and says what is wrong and what to do about it.

  --bootstrap-server  where clients would begin
  --timeout           how long an address may take to answer, in milliseconds (${DEFAULT_TIMEOUT_MS})
  --json              one JSON document instead of text
  --help, --version

Exit code 0 where nothing, or only a warning, was found, else 1.`;

const OPTIONS = {
  'bootstrap-server': { type: 'string' },
  timeout: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
  version: { type: 'boolean' },
} as const;

export interface DoctorOptions {
  readonly bootstrapServers: string;
  /** Of each address. */
  readonly timeoutMs: number;
  readonly asJson: boolean;
}

function parse(argv: readonly string[]) {
  try {
    // `a:9092, b:9092` without quotes is two words.
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new TerseError(`${(error as Error).message}\n${USAGE}`);
  }
}

/** Reads kafka-doctor's command line; the tool is our own, and so is its help. Throws `TerseError`, and `Exit` after help. */
export function parseDoctorOptions(argv: readonly string[], io: Io): DoctorOptions {
  const { values, positionals } = parse(argv);
  const first = values['bootstrap-server'];
  if (values.help || values.version) {
    println(io.stdout, values.help ? USAGE : KAFKA_VERSION);
    throw new Exit(0);
  }
  if (first === undefined) throw new TerseError(`--bootstrap-server is missing.\n${USAGE}`);
  const isList = first.trimEnd().endsWith(',');
  if (positionals.length > 0 && !isList) throw new TerseError(`${positionals[0]} belongs to no option.\n${USAGE}`);
  const timeoutMs = Number(values.timeout ?? DEFAULT_TIMEOUT_MS);
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1) {
    throw new TerseError(`--timeout ${values.timeout}: give milliseconds, a whole number from 1 on.`);
  }
  const bootstrapServers = [first, ...positionals].join(' ');
  return { bootstrapServers, timeoutMs, asJson: values.json === true };
}
