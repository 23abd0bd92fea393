import { createInterface } from 'node:readline';
import { type Entry, entryText, patternText } from '../client/acl';
import { createAcls, deleteAcls, describeAcls, type ResourceAcls } from '../client/acls-admin';
import { type Admin, commandProperties, createAdmin } from '../client/admin';
import { type Io, println } from '../print';
import { Exit, ToolError } from '../tool-error';
import {
  type AclsOptions,
  entriesByPattern,
  newEntries,
  parseAclsArguments,
  patternsOf,
  principalsOf,
} from './arguments';
import { DEPRECATION } from './options';

const list = (entries: readonly Entry[]): string => entries.map((entry) => `\t${entryText(entry)}`).join('\n');

async function withAdmin(options: AclsOptions, io: Io, use: (admin: Admin) => Promise<void>): Promise<void> {
  const properties = commandProperties(options.valueOf('command-config'));
  const admin = await createAdmin(properties, options.valueOf('bootstrap-server')!, io);
  try {
    await use(admin);
  } finally {
    admin.close();
  }
}

async function add(options: AclsOptions, io: Io): Promise<void> {
  const all = newEntries(options, io);
  await withAdmin(options, io, async (admin) => {
    for (const { pattern, entries } of all) {
      println(io.stdout, `Adding ACLs for resource \`${patternText(pattern)}\`: \n ${list(entries)} \n`);
      await createAcls(admin, { pattern, entries });
    }
  });
}

async function confirm(lines: AsyncIterator<string>, question: string, io: Io): Promise<boolean> {
  println(io.stdout, question);
  const { done, value } = await lines.next();
  if (!done) return value.toLowerCase() === 'y';
  const what = 'because the return value of "scala.io.StdIn$.readLine()" is null';
  throw new ToolError('java.lang.NullPointerException', `Cannot invoke "String.equalsIgnoreCase(String)" ${what}`);
}

async function remove(options: AclsOptions, io: Io): Promise<void> {
  await withAdmin(options, io, async (admin) => {
    const isForced = options.has('force');
    const input = isForced ? undefined : createInterface({ input: io.stdin });
    const lines = input?.[Symbol.asyncIterator]();
    try {
      for (const each of entriesByPattern(options, io)) {
        const filter = `resource filter \`${patternText(each.pattern)}\`? (y/n)`;
        const question =
          each.entries.length === 0
            ? `Are you sure you want to delete all ACLs for ${filter}`
            : `Are you sure you want to remove ACLs: \n ${list(each.entries)} \n from ${filter}`;
        if (!lines || (await confirm(lines, question, io))) await deleteAcls(admin, each);
      }
    } finally {
      input?.close();
    }
  });
}

/** Resources that several filters found are told once. */
function merged(all: readonly ResourceAcls[]): ResourceAcls[] {
  const byPattern = new Map<string, { pattern: ResourceAcls['pattern']; entries: Map<string, Entry> }>();
  for (const { pattern, entries } of all) {
    const text = patternText(pattern);
    const known = byPattern.get(text) ?? { pattern, entries: new Map<string, Entry>() };
    byPattern.set(text, known);
    for (const entry of entries) known.entries.set(entryText(entry), entry);
  }
  return [...byPattern.values()].map(({ pattern, entries }) => ({ pattern, entries: [...entries.values()] }));
}

function printResources(all: readonly ResourceAcls[], io: Io): void {
  for (const { pattern, entries } of all) {
    println(io.stdout, `Current ACLs for resource \`${patternText(pattern)}\`: \n ${list(entries)} \n`);
  }
}

async function listAll(options: AclsOptions, io: Io): Promise<void> {
  await withAdmin(options, io, async (admin) => {
    const filters = patternsOf(options);
    const principals = principalsOf(options, 'principal');
    const found: ResourceAcls[] = [];
    if (filters.length === 0) found.push(...(await describeAcls(admin)));
    for (const filter of filters) found.push(...(await describeAcls(admin, filter)));
    const all = merged(found);
    if (principals.length === 0) printResources(all, io);
    for (const principal of principals) {
      println(io.stdout, `ACLs for principal \`${principal}\``);
      const own = all.map(({ pattern, entries }) => ({
        pattern,
        entries: entries.filter((entry) => entry.principal === principal),
      }));
      printResources(
        own.filter(({ entries }) => entries.length > 0),
        io,
      );
    }
  });
}

function refuseAuthorizer(io: Io): never {
  println(io.stderr, DEPRECATION);
  println(io.stderr, 'Authorizers of Java are not to be had here; with --bootstrap-server brokers are asked.');
  throw new Exit(1);
}

/** kafka-acls (kafka.admin.AclCommand). */
export async function acls(argv: readonly string[], io: Io): Promise<number> {
  const options = parseAclsArguments(argv, io);
  if (!options.has('bootstrap-server')) refuseAuthorizer(io);
  try {
    await (options.has('add') ? add : options.has('remove') ? remove : listAll)(options, io);
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    println(io.stdout, `Error while executing ACL command: ${thrown.message}`);
    println(io.stdout, `${thrown.toString()}\n`);
    return 1;
  }
}
