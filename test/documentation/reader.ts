import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../support/ports';
import { home, removeDir, tempDir } from '../support/process';
import { isSeen, linesOf, type Step, seenUpTo, stepsOf } from './document';
import { Terminal } from './terminal';

/** Ports that documents, and the files of config/, speak of. */
const PORTS = [2181, 2182, 2183, 2888, 2889, 2890, 3888, 3889, 3890, 8080, 8083, 9092, 9093, 9094, 9404];
const PORT = new RegExp(`(?<![\\w.])(?:${PORTS.join('|')})(?![\\w])`, 'g');
const LIMIT_MS = 50_000;
const REPEAT_MS = 100;
/** Small ones, that do not wait for the disk: what is written outlives the process, not the machine. */
const JVM = {
  KAFKA_HEAP_OPTS: '-Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto',
  KAFKA_OPTS: '-Dzookeeper.forceSync=no',
};

/**
 * Does what a document says, in a folder of its own that looks like the project's, on ports of its own: `localhost:9092`, `/tmp/…` and `config/…`
 * are others here, in what is typed as in what is compared. So nothing is touched that runs on the machine.
 */
export class Reader {
  private readonly terminals = new Map<string, { terminal: Terminal; seenUpTo: number }>();
  private readonly env: NodeJS.ProcessEnv;
  private scripts = 0;

  private constructor(
    private readonly dir: string,
    private readonly portOf: ReadonlyMap<string, string>,
  ) {
    const PATH = `${path.join(__dirname, 'bin')}:${process.env.PATH}`;
    this.env = { ...process.env, ...JVM, PATH, LOG_DIR: `${dir}/logs`, TMPDIR: `${dir}/tmp`, ODRADEK_READER: dir };
  }

  static async open(): Promise<Reader> {
    const free = await freePorts(PORTS.length);
    const dir = fs.realpathSync(tempDir('documentation'));
    const reader = new Reader(dir, new Map(PORTS.map((port, at) => [String(port), String(free[at])])));
    for (const folder of ['tmp', 'config']) fs.mkdirSync(path.join(dir, folder));
    for (const name of ['bin', 'packages', 'node_modules', 'scripts', 'package.json', 'docker-compose.yml'])
      fs.symlinkSync(path.join(home, name), path.join(dir, name));
    for (const file of fs.readdirSync(path.join(home, 'config'))) {
      let text = fs.readFileSync(path.join(home, 'config', file), 'utf8');
      // What the files leave to its default: where brokers, and the worker's REST API, listen.
      text = text.replace(/^#?listeners=PLAINTEXT:\/\/:/m, 'listeners=PLAINTEXT://127.0.0.1:');
      // Nobody waits longer than he must for the session of a broker that was killed.
      if (file.startsWith('server')) text += 'zookeeper.session.timeout.ms=6000\n';
      if (file === 'server.properties') text += 'odradek.console.listener=localhost:8080\n';
      if (file.startsWith('connect-') && text.includes('bootstrap.servers='))
        text += 'listeners=http://localhost:8083\n';
      fs.writeFileSync(path.join(dir, 'config', file), reader.here(text));
    }
    return reader;
  }

  /** Does everything that a document says; throws what is not as it says, with file and line. */
  async read(file: string, markdown: string): Promise<void> {
    const faults: string[] = [];
    for (const step of stepsOf(markdown)) {
      const fault = await this.take(step);
      if (fault !== null) faults.push(`${file}:${step.line}: ${fault}`);
      // Who has waited in vain need not wait for what rests on it.
      if (fault !== null && (step.terminal !== null || step.ending === 'repeats')) break;
    }
    if (faults.length > 0) throw new Error(faults.join('\n\n'));
  }

  /** Ends what still runs and removes the folder. */
  async close(): Promise<void> {
    for (const { terminal } of [...this.terminals.values()].reverse()) {
      // `npm start` ends its servers, which are not of its process group.
      terminal.signal('SIGTERM');
      await terminal.end(LIMIT_MS);
    }
    removeDir(this.dir);
  }

  private here(text: string): string {
    const here = text
      .replace(/(?<![\w/.-])\/tmp(?![\w.-])/g, `${this.dir}/tmp`)
      .replace(/(?<![\w/.-])config\//g, `${this.dir}/config/`)
      .replace(PORT, (port) => this.portOf.get(port)!);
    // What a test does not know how to move elsewhere, it does not run.
    if (here.replaceAll(`${this.dir}/tmp`, '').replaceAll(this.dir, '').includes('/tmp'))
      throw new Error(`/tmp, and not this test's own:\n${here}`);
    return here;
  }

  private there(text: string): string {
    let back = text.replaceAll(`${this.dir}/tmp`, '/tmp').replaceAll(`${this.dir}/`, '');
    for (const [port, own] of this.portOf) back = back.replace(new RegExp(`(?<![\\w.])${own}(?![\\w])`, 'g'), port);
    return back;
  }

  /** What is not as the step says, if anything. */
  private async take(step: Step): Promise<string | null> {
    if (step.script === null) return this.look(step);
    if (step.terminal !== null) {
      if (!(await this.becomesFree(step.terminal))) return `something still runs in the terminal ${step.terminal}`;
      this.terminals.set(step.terminal, { terminal: this.run(step), seenUpTo: 0 });
      return step.seen ? this.look(step) : null;
    }
    const deadlineMs = Date.now() + LIMIT_MS;
    for (;;) {
      const fault = await this.faultOf(step);
      if (fault === null || step.ending !== 'repeats' || Date.now() > deadlineMs) return fault;
      await sleep(REPEAT_MS);
    }
  }

  private run({ script, program }: Step): Terminal {
    // A file, not an argument: nobody who looks for a process by its arguments is to find the shell.
    const file = path.join(this.dir, program === 'sh' ? `typed-${this.scripts++}.sh` : `typed-${this.scripts++}.mjs`);
    fs.writeFileSync(file, (program === 'sh' ? 'exec 2>&1\n' : '') + this.here(script!));
    const [command, args] = program === 'sh' ? ['/bin/sh', ['-e', file]] : [process.execPath, [file]];
    return new Terminal(command, args, { cwd: this.dir, env: this.env });
  }

  /** Whether nothing runs in a terminal, or what does is about to end. */
  private async becomesFree(name: string): Promise<boolean> {
    const known = this.terminals.get(name);
    if (!known) return true;
    return Promise.race([known.terminal.ended.then(() => true), sleep(LIMIT_MS, false, { ref: false })]);
  }

  /** Runs a command to its end; what is not as it should be. */
  private async faultOf(step: Step): Promise<string | null> {
    const terminal = this.run(step);
    terminal.endInput();
    const code = await terminal.end(LIMIT_MS);
    const printed = this.there(terminal.printed());
    if (step.ending === 'succeeds' && code !== 0) return `${step.script}ended with ${code}:\n${printed}`;
    if (step.ending === 'fails' && code === 0) return `${step.script}did not fail:\n${printed}`;
    if (step.seen && !isSeen(step.seen, printed)) return unlike(`${step.script}printed`, step.seen.text, printed);
    return null;
  }

  /** Waits for what a terminal is to show next, and types into it. */
  private async look({ terminal: name, seen }: Step): Promise<string | null> {
    const known = this.terminals.get(name!);
    if (!known) return `there is no terminal ${name}`;
    const { terminal } = known;
    const next = () => this.there(terminal.printed()).slice(known.seenUpTo);
    const shows = async (lines: readonly string[]) => {
      const isThere = await terminal.until(() => seenUpTo(lines, next()) !== undefined, LIMIT_MS);
      if (isThere) known.seenUpTo += seenUpTo(lines, next())!;
      return isThere;
    };
    let lines: string[] = [];
    for (const line of [...linesOf(seen!.text), null]) {
      if (line !== null && !/^(>|\^C$|\^D$)/.test(line)) {
        lines.push(line);
        continue;
      }
      if (!(await shows(lines))) return unlike(`the terminal ${name} shows`, `${lines.join('\n')}\n`, next());
      lines = [];
      if (line === '^C') terminal.signal('SIGINT');
      else if (line === '^D') terminal.endInput();
      else if (line !== null) terminal.type(`${line.slice(1)}\n`);
      // What was interrupted is gone before the next step.
      if (line === '^C') await terminal.end(LIMIT_MS);
    }
    return null;
  }
}

const unlike = (what: string, wanted: string, got: string): string =>
  `${what}\n${got}\nand not, as the document has it,\n${wanted}`;
