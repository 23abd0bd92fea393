import { GroupsAdmin } from '@odradek/tools/client/groups-admin';
import { ServerError } from '@odradek/tools/tool-error';
import type { SourceOffset } from '../plugins/api';
import type { ConnectorEntry } from './connector-entry';
import { OffsetsAdmin } from './offsets-admin';
import type { Worker } from './worker';

const worker = {
  transformer: { transform: async (props: unknown) => ({ props }) },
  clients: { admin: async () => ({ close: () => undefined }) },
  loggers: { write: () => undefined },
} as unknown as Worker;
const sink = {
  name: 'to',
  plugin: { type: 'sink', create: () => ({}) },
  config: new Map(),
} as unknown as ConnectorEntry;

const at = (offset: number | null): SourceOffset => ({
  partition: new Map<string, unknown>([
    ['kafka_topic', 't'],
    ['kafka_partition', 0],
  ]),
  offset: offset === null ? null : new Map([['kafka_offset', offset]]),
});

afterEach(() => jest.restoreAllMocks());

test('what a broker refuses to forget is told of', async () => {
  const failure = { topic: 't', partition: 0, error: new ServerError('UNKNOWN_TOPIC_OR_PARTITION') };
  jest.spyOn(GroupsAdmin.prototype, 'deleteOffsets').mockResolvedValue([failure]);
  const message = 'Failed to alter consumer group offsets for connector to';
  await expect(new OffsetsAdmin(worker).alter(sink, [at(null)])).rejects.toMatchObject({
    message,
    cause: failure.error,
  });
});

test('a negative offset is refused before anything is changed', async () => {
  const alter = jest.spyOn(GroupsAdmin.prototype, 'alterOffsets').mockResolvedValue();
  const message = 'Failed to modify offsets for sink connector to';
  await expect(new OffsetsAdmin(worker).alter(sink, [at(1), at(-1)])).rejects.toThrow(message);
  expect(alter).not.toHaveBeenCalled();
});
