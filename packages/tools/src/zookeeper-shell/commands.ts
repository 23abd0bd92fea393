import type { StatRecord } from 'node-zookeeper-client/lib/jute';
import { ToolError } from '../tool-error';
import type { Client } from './client';
import { CommandError, ErrorCode, KeeperError } from './errors';
import { aclLines, checkPath, parseAcl, statLines } from './format';
import { type OptionSpec, type ParsedWords, parseOptions } from './words';

export interface Terminal {
  print(line: string): void;
  complain(line: string): void;
}

interface CommandContext extends Terminal, ParsedWords {
  readonly client: Client;
}

export interface Command {
  readonly usage: string;
  readonly options: OptionSpec;
  /** How many words that are no options it needs. */
  readonly needs: number;
  run(context: CommandContext): Promise<void>;
}

/** Integer.parseInt, whose failure ends ZooKeeper's CLI. */
function javaInteger(text: string): number {
  if (/^[+-]?\d+$/.test(text) && Number(text) === (Number(text) | 0)) return Number(text);
  throw new ToolError('java.lang.NumberFormatException', `For input string: "${text}"`);
}

const versionOf = ({ values }: ParsedWords): number => (values['v'] === undefined ? -1 : javaInteger(values['v']));

const printStat = ({ print }: Terminal, stat: StatRecord): void => statLines(stat).forEach(print);

/** The old form `ls /path true`: still obeyed, with a word about the new one. */
function watches({ flags, rest, complain }: CommandContext, name: string, options: string): boolean {
  if (rest.length < 2) return flags.has('w');
  complain(`'${name} path [watch]' has been deprecated. Please use '${name} ${options} path' instead.`);
  return true;
}

async function visitChildren(
  client: Client,
  path: string,
  watch: boolean,
  visit: (path: string) => void,
): Promise<void> {
  const { children } = await client.getChildren(path, watch);
  const paths = children.map((child) => (path === '/' ? `/${child}` : `${path}/${child}`));
  paths.forEach(visit);
  for (const child of paths) {
    await visitChildren(client, child, watch, visit).catch((error: unknown) => {
      if (!(error instanceof KeeperError) || error.code !== ErrorCode.NoNode) throw error; // deleted meanwhile
    });
  }
}

const ls: Command = {
  usage: 'ls [-s] [-w] [-R] path',
  options: { s: 'flag', w: 'flag', R: 'flag' },
  needs: 1,
  async run(context) {
    const { client, flags, rest, print } = context;
    const path = rest[0]!;
    const watch = watches(context, 'ls', '[-w]');
    if (flags.has('R')) {
      checkPath(path);
      const visited: string[] = [path];
      try {
        await visitChildren(client, path, watch, (found) => visited.push(found));
      } catch (error) {
        if (visited.length > 1) visited.forEach(print);
        throw error;
      }
      visited.forEach(print);
      return;
    }
    const { children, stat } = await client.getChildren(path, watch);
    print(`[${children.join(', ')}]`);
    if (flags.has('s')) printStat(context, stat);
  },
};

const get: Command = {
  usage: 'get [-s] [-w] path',
  options: { s: 'flag', w: 'flag' },
  needs: 1,
  async run(context) {
    const { data, stat } = await context.client.getData(context.rest[0]!, watches(context, 'get', '[-s] [-w]'));
    context.print(data === undefined ? 'null' : data.toString());
    if (context.flags.has('s')) printStat(context, stat);
  },
};

const stat: Command = {
  usage: 'stat [-w] path',
  options: { w: 'flag' },
  needs: 1,
  async run(context) {
    printStat(context, await context.client.exists(context.rest[0]!, watches(context, 'stat', '[-w]')));
  },
};

const create: Command = {
  usage: 'create [-s] [-e] [-c] [-t ttl] path [data] [acl]',
  options: { s: 'flag', e: 'flag', c: 'flag', t: 'value' },
  needs: 1,
  async run({ client, flags, values, rest, complain }) {
    const [path, data, acl] = rest;
    const mode = {
      ephemeral: flags.has('e'),
      sequential: flags.has('s'),
      container: flags.has('c'),
      ttlMs: ttlOf(values['t']),
    };
    if (mode.container && (mode.ephemeral || mode.sequential)) {
      throw new CommandError('-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential.');
    }
    if (mode.ttlMs !== undefined && mode.ephemeral) {
      throw new CommandError('TTL cannot be used with ephemeral or container nodes.');
    }
    const entries = acl === undefined ? undefined : parseAcl(acl, complain);
    try {
      const created = await client.create(path!, data === undefined ? null : Buffer.from(data), mode, entries);
      complain(`Created ${created}`);
    } catch (error) {
      if (error instanceof KeeperError && error.code === ErrorCode.InvalidAcl) complain(error.message);
      throw error;
    }
  },
};

function ttlOf(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw new CommandError('-t argument must be a long value');
  return BigInt(text);
}

const set: Command = {
  usage: 'set [-s] [-v version] path data',
  options: { s: 'flag', v: 'value' },
  needs: 2,
  async run(context) {
    const [path, data] = context.rest;
    const after = await context.client.setData(path!, Buffer.from(data!), versionOf(context));
    if (context.flags.has('s')) printStat(context, after);
  },
};

const deleteNode: Command = {
  usage: 'delete [-v version] path',
  options: { v: 'value' },
  needs: 1,
  async run(context) {
    if (context.rest.length > 1) {
      context.complain("'delete path [version]' has been deprecated. Please use 'delete [-v version] path' instead.");
    }
    await context.client.delete(context.rest[0]!, versionOf(context));
  },
};

const deleteAll: Command = {
  usage: 'deleteall path [-b batch size]',
  options: { b: 'value' },
  needs: 1,
  async run({ client, rest, complain }) {
    const paths = [rest[0]!];
    for (let i = 0; i < paths.length; i++) {
      const { children } = await client.getChildren(paths[i]!, false);
      for (const child of children) paths.push(paths[i] === '/' ? `/${child}` : `${paths[i]}/${child}`);
    }
    const outcomes = await Promise.allSettled(paths.reverse().map((path) => client.delete(path, -1)));
    if (outcomes.some(({ status }) => status === 'rejected')) complain('Failed to delete some node(s) in the subtree!');
  },
};

const getAcl: Command = {
  usage: 'getAcl [-s] path',
  options: { s: 'flag' },
  needs: 1,
  async run(context) {
    const { acl, stat: found } = await context.client.getAcl(context.rest[0]!);
    aclLines(acl).forEach(context.print);
    if (context.flags.has('s')) printStat(context, found);
  },
};

const setAcl: Command = {
  usage: 'setAcl [-s] [-v version] [-R] path acl',
  options: { s: 'flag', v: 'value', R: 'flag' },
  needs: 2,
  async run(context) {
    const { client, flags, rest, complain } = context;
    const [path, text] = rest;
    const acl = parseAcl(text!, complain);
    const version = versionOf(context);
    const after = await client.setAcl(path!, acl, version);
    if (flags.has('s')) printStat(context, after);
    if (!flags.has('R')) return;
    const below: string[] = [];
    await visitChildren(client, path!, false, (found) => below.push(found));
    for (const found of below) await client.setAcl(found, acl, version);
  },
};

const sync: Command = {
  usage: 'sync path',
  options: {},
  needs: 1,
  async run({ client, rest, print }) {
    try {
      await client.sync(rest[0]!);
      print('Sync is OK');
    } catch (error) {
      if (!(error instanceof KeeperError)) throw error;
      print(`Sync has failed. rc=${error.code}`);
    }
  },
};

const getEphemerals: Command = {
  usage: 'getEphemerals path',
  options: {},
  needs: 0,
  async run({ client, rest, print }) {
    print(`[${(await client.getEphemerals(rest[0] ?? '/')).join(', ')}]`);
  },
};

const getAllChildrenNumber: Command = {
  usage: 'getAllChildrenNumber path',
  options: {},
  needs: 1,
  async run({ client, rest, print }) {
    print(String(await client.getAllChildrenNumber(rest[0]!)));
  },
};

const config: Command = {
  usage: 'config [-s]',
  options: { s: 'flag' },
  needs: 0,
  async run(context) {
    const { data, stat: found } = await context.client.getConfig();
    context.print(data?.toString() ?? '');
    if (context.flags.has('s')) printStat(context, found);
  },
};

const whoami: Command = {
  usage: 'whoami ',
  options: {},
  needs: 0,
  async run({ client, print }) {
    const users = await client.whoAmI();
    print('Auth scheme: User');
    for (const [scheme, user] of users) print(`${scheme}: ${user}`);
  },
};

/** The commands that ask ZooKeeper something; the shell's own (quit, history, …) are in shell.ts. */
export const commands: Readonly<Record<string, Command>> = {
  ls,
  get,
  stat,
  create,
  set,
  delete: deleteNode,
  deleteall: deleteAll,
  getAcl,
  setAcl,
  sync,
  getEphemerals,
  getAllChildrenNumber,
  config,
  whoami,
};

/** Reads the options, checks the number of words, runs. @throws CommandError, KeeperError */
export async function runCommand(
  command: Command,
  words: readonly string[],
  client: Client,
  terminal: Terminal,
): Promise<void> {
  const parsed = parseOptions(words, command.options);
  if (parsed.rest.length < command.needs) throw new CommandError(command.usage);
  await command.run({ ...parsed, ...terminal, client });
}
