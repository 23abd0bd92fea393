/**
 * Compares our message declarations with Kafka's message files: compare-messages DIR, where DIR holds them as JSON, at
 * any depth. Prints each difference; exits with 1 if there is any.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { APIS } from '@odradek/protocol/messages/index';
import type { Field, Fields, FieldType } from '@odradek/protocol/schema/fields';
import * as consumerProtocol from '@odradek/protocol/stored/consumer-protocol';
import * as defaultPrincipal from '@odradek/protocol/stored/default-principal';
import * as groupMetadata from '@odradek/protocol/stored/group-metadata';
import * as offsetCommit from '@odradek/protocol/stored/offset-commit';
import * as transactionLog from '@odradek/protocol/stored/transaction-log';
import * as headers from '@odradek/protocol/wire/headers';

interface FieldFile {
  readonly name: string;
  readonly type: string;
  readonly versions?: string;
  readonly nullableVersions?: string;
  readonly taggedVersions?: string;
  readonly flexibleVersions?: string;
  readonly tag?: number;
  readonly ignorable?: boolean;
  readonly default?: unknown;
  readonly fields?: readonly FieldFile[];
}

interface MessageFile {
  readonly name: string;
  readonly type: string;
  readonly apiKey?: number;
  readonly listeners?: readonly string[];
  readonly validVersions: string;
  readonly deprecatedVersions?: string;
  readonly flexibleVersions: string;
  readonly fields: readonly FieldFile[];
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly FieldFile[] }[];
}

interface Declaration {
  readonly name: string;
  readonly versions: string;
  readonly flexible: string;
  readonly fields: Fields;
  /** Of an API's request and response; deprecation stands in the request's file. */
  readonly api?: { readonly key: number; readonly deprecated: string | undefined };
}

const differences: string[] = [];

function expectEqual(where: string, ours: unknown, theirs: unknown): void {
  if (ours === theirs) return;
  differences.push(`${where}: ours ${JSON.stringify(ours) ?? 'none'}, Kafka's ${JSON.stringify(theirs) ?? 'none'}`);
}

function readMessageFiles(directory: string): Map<string, MessageFile> {
  const files = new Map<string, MessageFile>();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.json')) continue;
    // Kafka's own files carry comments on lines of their own, or after a field.
    const text = readFileSync(join(entry.parentPath ?? entry.path, entry.name), 'utf8').replace(/^\s*\/\/.*$/gm, '');
    const file = JSON.parse(text) as MessageFile;
    files.set(file.name, file);
  }
  return files;
}

function declarations(): Declaration[] {
  const all: Declaration[] = [];
  for (const { name, versions, flexible, key, deprecated, request, response } of APIS) {
    all.push({ name: `${name}Request`, versions, flexible, fields: request, api: { key, deprecated } });
    all.push({ name: `${name}Response`, versions, flexible, fields: response, api: { key, deprecated: undefined } });
  }
  for (const module of [consumerProtocol, defaultPrincipal, groupMetadata, offsetCommit, transactionLog, headers]) {
    all.push(...Object.values<Declaration>(module));
  }
  return all;
}

function compareMessage(ours: Declaration, theirs: MessageFile): void {
  expectEqual(`${ours.name} versions`, ours.versions, theirs.validVersions);
  expectEqual(`${ours.name} flexible versions`, ours.flexible, theirs.flexibleVersions);
  if (ours.api) {
    expectEqual(`${ours.name} key`, ours.api.key, theirs.apiKey);
    expectEqual(`${ours.name} deprecated versions`, ours.api.deprecated, theirs.deprecatedVersions);
  }
  const structs = new Map(theirs.commonStructs?.map(({ name, fields }) => [name, fields]));
  compareFields(ours.name, ours.fields, theirs.fields, structs);
}

type Structs = ReadonlyMap<string, readonly FieldFile[]>;

const fieldName = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

function compareFields(where: string, ours: Fields, theirs: readonly FieldFile[], structs: Structs): void {
  const names = Object.keys(ours).filter((name) => !ours[name]!.options.own);
  expectEqual(`${where} fields`, names.join(', '), theirs.map(({ name }) => fieldName(name)).join(', '));
  for (const file of theirs) {
    const name = fieldName(file.name);
    const field = ours[name];
    if (field) compareField(`${where}.${name}`, field, file, structs);
  }
}

function compareField(where: string, { type, versions, options }: Field, file: FieldFile, structs: Structs): void {
  expectEqual(`${where} versions`, versions, file.versions ?? file.taggedVersions);
  expectEqual(`${where} nullable versions`, options.nullable, file.nullableVersions);
  expectEqual(`${where} tag`, options.tag, file.tag);
  if (options.tag !== undefined) expectEqual(`${where} tagged versions`, versions, file.taggedVersions);
  expectEqual(`${where} ignorable`, options.ignorable ?? false, file.ignorable ?? false);
  expectEqual(`${where} flexible versions`, options.flexible, file.flexibleVersions);
  expectEqual(`${where} default`, effectiveDefault(type, options.default), fileDefault(type, file.default));
  compareType(where, type, file.type, file.fields, structs);
}

function compareType(
  where: string,
  ours: FieldType,
  theirs: string,
  fields: readonly FieldFile[] | undefined,
  structs: Structs,
): void {
  if (ours.kind === 'array') {
    if (theirs.startsWith('[]')) compareType(where, ours.element, theirs.slice(2), fields, structs);
    else expectEqual(`${where} type`, 'an array', theirs);
    return;
  }
  if (ours.kind === 'primitive') {
    expectEqual(`${where} type`, ours.primitive, theirs);
    return;
  }
  const inner = fields ?? structs.get(theirs);
  if (inner) compareFields(where, ours.fields, inner, structs);
  else expectEqual(`${where} type`, 'a struct', theirs);
}

/** The value that a field without one holds: a type's zero value stands for none. */
function effectiveDefault(type: FieldType, value: unknown): unknown {
  if (value !== undefined || type.kind !== 'primitive') return value;
  switch (type.primitive) {
    case 'bool':
      return false;
    case 'string':
      return '';
    case 'uuid':
    case 'bytes':
    case 'records':
      return undefined;
    default:
      return 0;
  }
}

/** Kafka's files mostly write defaults as text. */
function fileDefault(type: FieldType, value: unknown): unknown {
  if (value === undefined) return effectiveDefault(type, value);
  const text = String(value);
  if (text === 'null') return null;
  if (type.kind !== 'primitive') return text;
  if (type.primitive === 'string') return text;
  return type.primitive === 'bool' ? text === 'true' : Number(text);
}

const directory = process.argv[2];
if (directory === undefined) {
  console.error('usage: npm run compare-messages -- DIR');
  process.exit(2);
}
const files = readMessageFiles(directory);
const ours = declarations();
for (const declaration of ours) {
  const file = files.get(declaration.name);
  if (file) compareMessage(declaration, file);
  else differences.push(`${declaration.name}: no such file`);
}
const names = new Set(ours.map(({ name }) => name));
for (const { name, listeners } of files.values()) {
  if (listeners?.includes('zkBroker') && !names.has(name))
    differences.push(`${name}: not declared, though zkBroker serves it`);
}
for (const difference of differences) console.log(difference);
console.log(`${ours.length} declarations, ${differences.length} differences`);
process.exitCode = differences.length === 0 ? 0 : 1;
