import { createInterface } from 'node:readline';
import { type Io, logTo, println } from '../print';
import { ToolError } from '../tool-error';
import { type Client, clientOf } from './client';
import { commands, runCommand } from './commands';
import { parseConnectString, type WatchedEvent, ZooKeeperConnection } from './connection';
import { CommandError, commandErrorOf, KeeperError } from './errors';
import { wordsOf } from './words';

const EVENT_TYPES: Record<number, string> = {
  [-1]: 'None',
  1: 'NodeCreated',
  2: 'NodeDeleted',
  3: 'NodeDataChanged',
  4: 'NodeChildrenChanged',
};

/** The version of ZooKeeper's CLI that Kafka 3.9 brings, whose words these are. */
const CLI_VERSION = '3.8.4-9316c2a7a97e1666d8f4593f34dd6fc36ecc436c, built on 2024-02-12 22:16 UTC';
const COMMAND_NOT_FOUND = 127;
const HISTORY_LINES = 10;

const shellUsages = {
  addauth: 'addauth scheme auth',
  close: 'close ',
  connect: 'connect host:port',
  history: 'history ',
  printwatches: 'printwatches on|off',
  quit: 'quit ',
  redo: 'redo cmdno',
  version: 'version ',
};

function usageLines(): string[] {
  const usages: Record<string, string> = { ...shellUsages };
  for (const [name, { usage }] of Object.entries(commands)) usages[name] = usage;
  const sorted = Object.keys(usages).sort();
  return [
    'ZooKeeper -server host:port [-zk-tls-config-file <file>] cmd args',
    ...sorted.map((name) => `\t${usages[name]}`),
  ];
}

/** One run of the shell: a session, what was typed, and how the last command ended. */
class Shell {
  private connection: ZooKeeperConnection;
  private client: Client;
  private printsWatches = true;
  private readonly history: string[] = [];
  private commandCount = 0;
  exitCode = 0;
  hasQuit = false;

  constructor(
    private server: string,
    private readonly io: Io,
  ) {
    println(io.stdout, `Connecting to ${server}`);
    this.connection = this.connect();
    this.client = clientOf(this.connection);
  }

  private connect(): ZooKeeperConnection {
    const { addresses, chroot } = parseConnectString(this.server);
    const warn = logTo(this.io.stderr);
    return new ZooKeeperConnection(
      addresses,
      chroot,
      (event) => this.printsWatches && this.printEvent(event),
      ({ host, port }, reason) =>
        warn('WARN', `Session 0x0 for server ${host}:${port}, ${reason.message}`, 'org.apache.zookeeper.ClientCnxn'),
    );
  }

  private printEvent({ state, type, path }: WatchedEvent): void {
    const typeName = EVENT_TYPES[type] ?? type;
    println(this.io.stdout, `\nWATCHER::\n\nWatchedEvent state:${state} type:${typeName} path:${path}`);
  }

  async connected(): Promise<void> {
    await this.connection.settled();
  }

  async runLine(line: string): Promise<void> {
    if (line === '') return;
    this.history[this.commandCount] = line;
    await this.run(wordsOf(line));
    this.commandCount++;
  }

  /** Runs one command; a refusal is told on stderr and kept as the exit code. */
  async run(words: readonly string[]): Promise<void> {
    this.exitCode = 0;
    try {
      await this.dispatch(words);
    } catch (thrown) {
      const error = thrown instanceof KeeperError ? commandErrorOf(thrown) : thrown;
      if (!(error instanceof CommandError)) throw error;
      println(this.io.stderr, error.message);
      this.exitCode = error.exitCode;
    }
  }

  private async dispatch(words: readonly string[]): Promise<void> {
    const name = words[0] ?? '';
    if (Object.hasOwn(shellUsages, name)) return this.own(name as keyof typeof shellUsages, words);
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) {
      for (const line of usageLines()) println(this.io.stderr, line);
      throw new CommandError(`Command not found: Command not found ${name}`, COMMAND_NOT_FOUND);
    }
    if (!this.connection.isAlive) return println(this.io.stdout, 'Not connected');
    await runCommand(command, words, this.client, {
      print: (line) => println(this.io.stdout, line),
      complain: (line) => println(this.io.stderr, line),
    });
  }

  private async own(name: keyof typeof shellUsages, words: readonly string[]): Promise<void> {
    const { stdout } = this.io;
    switch (name) {
      case 'quit':
        this.hasQuit = true;
        await this.connected();
        await this.connection.close();
        return;
      case 'close':
        if (!this.connection.isAlive) return println(stdout, 'Not connected');
        await this.connected();
        return this.connection.close();
      case 'connect':
        return this.reconnect(words[1] ?? this.server);
      case 'addauth':
        if (words.length < 2) throw new CommandError(shellUsages.addauth);
        if (!this.connection.isAlive) return println(stdout, 'Not connected');
        return this.connection.authenticate(words[1]!, words[2] ?? ''); // its failure is an event
      case 'history':
        for (let i = Math.max(0, this.commandCount - HISTORY_LINES); i <= this.commandCount; i++) {
          println(stdout, `${i} - ${this.history[i] ?? null}`);
        }
        return;
      case 'redo':
        return this.redo(words[1]);
      case 'printwatches':
        if (words.length > 1) this.printsWatches = words[1] === 'on';
        else println(stdout, `printwatches is ${this.printsWatches ? 'on' : 'off'}`);
        return;
      case 'version':
        return println(stdout, `ZooKeeper CLI version: ${CLI_VERSION}`);
      default:
        name satisfies never;
    }
  }

  private async reconnect(server: string): Promise<void> {
    await this.connected();
    await this.connection.close();
    this.server = server;
    this.connection = this.connect();
    this.client = clientOf(this.connection);
  }

  private async redo(text: string | undefined): Promise<void> {
    if (text === undefined) return;
    if (!/^-?\d+$/.test(text)) throw new ToolError('java.lang.NumberFormatException', `For input string: "${text}"`);
    const line = this.history[Number(text)];
    if (Number(text) >= this.commandCount || line === undefined) throw new CommandError('Command index out of range');
    const words = wordsOf(line);
    if (words[0] === 'redo') throw new CommandError('No redoing redos');
    this.history[this.commandCount] = line;
    await this.dispatch(words);
  }

  /** Reads commands until `quit` or the end of the input; a session still open is left to expire, as Apache's is. */
  async interact(): Promise<void> {
    println(this.io.stdout, 'Welcome to ZooKeeper!\nJLine support is disabled');
    await this.connected();
    for await (const line of createInterface({ input: this.io.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
      await this.runLine(line);
      if (this.hasQuit) return;
    }
  }
}

/**
 * zookeeper-shell: `-server host:port[/path] [command…]`. With a command it runs that one, else it reads commands.
 * @returns the exit code: that of the last command, 127 for one that does not exist
 */
export async function zookeeperShell(argv: readonly string[], io: Io): Promise<number> {
  const words = [...argv];
  const server = words[0] === '-server' ? words.splice(0, 2)[1] : 'localhost:2181';
  if (server === undefined) {
    println(io.stderr, 'Error: no argument found for option -server');
    return 1;
  }
  if (words[0] === '-zk-tls-config-file') {
    throw new ToolError('java.lang.UnsupportedOperationException', 'TLS to ZooKeeper is not supported yet');
  }
  const shell = new Shell(server, io);
  if (words.length > 0) await shell.run(words);
  else await shell.interact();
  if (shell.exitCode !== 0) {
    const message = `Exiting JVM with code ${shell.exitCode}`;
    logTo(io.stderr)('ERROR', message, 'org.apache.zookeeper.util.ServiceUtils');
  }
  return shell.exitCode;
}
