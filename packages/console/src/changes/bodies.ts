import type {
  AddPartitions,
  AlterConfigs,
  CreateTopic,
  DeleteGroup,
  DeleteTopic,
  ElectLeaders,
  ProduceMessage,
  ResetOffsets,
} from '../api';
import { badRequest, type HttpError } from '../http/answer';

type Fields = Readonly<Record<string, unknown>>;

const wrong = (name: string, what: string): HttpError => badRequest(`${name} must be ${what}.`);

/** An object with no fields but these. */
function fields(body: unknown, names: readonly string[]): Fields {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw wrong('The request', 'an object');
  const unknown = Object.keys(body).find((name) => !names.includes(name));
  if (unknown !== undefined) throw badRequest(`There is no field ${unknown} here.`);
  return body as Fields;
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw wrong(name, 'a text');
  return value;
}

const textOrNull = (value: unknown, name: string): string | null => (value === null ? null : text(value, name));

function integer(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value)) throw wrong(name, 'a whole number');
  return value as number;
}

function list<T>(value: unknown, name: string, each: (item: unknown) => T): T[] {
  if (!Array.isArray(value)) throw wrong(name, 'a list');
  return value.map(each);
}

const optional = <T>(value: unknown, read: (value: unknown) => T): T | undefined =>
  value === undefined ? undefined : read(value);

function texts<T>(value: unknown, name: string, each: (value: unknown, name: string) => T): Record<string, T> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name, 'an object');
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, each(one, `${name}.${key}`)]));
}

export function createTopicOf(body: unknown): CreateTopic {
  const { name, partitions, replicationFactor, configs } = fields(body, [
    'name',
    'partitions',
    'replicationFactor',
    'configs',
  ]);
  return {
    name: text(name, 'name'),
    partitions: optional(partitions, (value) => integer(value, 'partitions')),
    replicationFactor: optional(replicationFactor, (value) => integer(value, 'replicationFactor')),
    configs: optional(configs, (value) => texts(value, 'configs', text)),
  };
}

export const deleteOf = (body: unknown): DeleteTopic & DeleteGroup => ({
  confirm: text(fields(body, ['confirm']).confirm, 'confirm'),
});

export const alterConfigsOf = (body: unknown): AlterConfigs => ({
  set: texts(fields(body, ['set']).set, 'set', textOrNull),
});

export const addPartitionsOf = (body: unknown): AddPartitions => ({
  total: integer(fields(body, ['total']).total, 'total'),
});

export function produceOf(body: unknown): ProduceMessage {
  const { partition, key, value, headers } = fields(body, ['partition', 'key', 'value', 'headers']);
  return {
    partition: optional(partition, (given) => integer(given, 'partition')),
    key: optional(key, (given) => textOrNull(given, 'key')),
    value: textOrNull(value, 'value'),
    headers: optional(headers, (given) => list(given, 'headers', headerOf)),
  };
}

function headerOf(item: unknown): { key: string; value: string | null } {
  const { key, value } = fields(item, ['key', 'value']);
  return { key: text(key, 'a header’s key'), value: textOrNull(value, 'a header’s value') };
}

export function resetOffsetsOf(body: unknown): ResetOffsets {
  const { topic, partitions, to, dryRun } = fields(body, ['topic', 'partitions', 'to', 'dryRun']);
  if (typeof dryRun !== 'boolean') throw wrong('dryRun', 'true or false');
  return {
    topic: text(topic, 'topic'),
    partitions: optional(partitions, (value) => list(value, 'partitions', (each) => integer(each, 'a partition'))),
    to: targetOf(to),
    dryRun,
  };
}

function targetOf(to: unknown): ResetOffsets['to'] {
  if (to === 'earliest' || to === 'latest') return to;
  const oneOf = wrong('to', 'earliest, latest, or an object with one of offset, timeMs and shiftBy');
  if (typeof to !== 'object') throw oneOf;
  const target = fields(to, ['offset', 'timeMs', 'shiftBy']);
  const [given, ...more] = Object.keys(target) as ('offset' | 'timeMs' | 'shiftBy')[];
  if (given === undefined || more.length > 0) throw oneOf;
  const number = integer(target[given], `to.${given}`);
  return { [given]: number } as ResetOffsets['to'];
}

export function electLeadersOf(body: unknown): ElectLeaders {
  const { partitions } = fields(body, ['partitions']);
  return { partitions: optional(partitions, (value) => list(value, 'partitions', partitionOf)) };
}

function partitionOf(item: unknown): { topic: string; partition: number } {
  const { topic, partition } = fields(item, ['topic', 'partition']);
  return { topic: text(topic, 'topic'), partition: integer(partition, 'partition') };
}
