import { GroupsAdmin } from '@odradek/tools/client/groups-admin';
import { ToolError } from '@odradek/tools/tool-error';
import type { SourceMap } from '../data/record';
import { ConnectError } from '../errors';
import type { Props, SourceOffset } from '../plugins/api';
import { groupOf } from './clients';
import type { ConnectorEntry } from './connector-entry';
import { BadRequestError } from './rest-error';
import type { Worker } from './worker';

const TOPIC = 'kafka_topic';
const PARTITION = 'kafka_partition';
const OFFSET = 'kafka_offset';

interface SinkChange {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | null;
}

/** Shows and changes offsets, of sources in the worker's file, of sinks in their groups (KIP-875). */
export class OffsetsAdmin {
  constructor(private readonly worker: Worker) {}

  /** Where a connector stands. */
  async get({ name, plugin, config: given }: ConnectorEntry): Promise<SourceOffset[]> {
    if (plugin.type === 'source') return this.worker.offsetsOf(name).all();
    const { props: config } = await this.worker.transformer.transform(given);
    const groupId = config.get('consumer.override.group.id') ?? groupOf(name);
    const committed = await this.withGroups(name, config, (groups) => groups.committedOffsets(groupId));
    return committed.map(({ topic, partition, offset }) => ({
      partition: new Map<string, unknown>([
        [PARTITION, partition],
        [TOPIC, topic],
      ]),
      offset: new Map([[OFFSET, offset]]),
    }));
  }

  /** Changes offsets; null ones are forgotten. Returns what to tell. */
  async alter(entry: ConnectorEntry, offsets: readonly SourceOffset[]): Promise<string> {
    return this.change(entry, offsets, 'altered');
  }

  /** Forgets all offsets. Returns what to tell. */
  async reset(entry: ConnectorEntry): Promise<string> {
    const all = await this.get(entry);
    return this.change(
      entry,
      all.map(({ partition }) => ({ partition, offset: null })),
      'reset',
    );
  }

  private async change(entry: ConnectorEntry, offsets: readonly SourceOffset[], how: string): Promise<string> {
    const { plugin, name } = entry;
    const { props: config } = await this.worker.transformer.transform(entry.config);
    const connector = plugin.create();
    const sinkChanges = plugin.type === 'sink' ? offsets.map(sinkChange) : [];
    await connector.alterOffsets?.(config, offsets);
    if (plugin.type === 'source') await this.worker.offsetsOf(name).set(offsets);
    else await this.changeGroup(name, config, sinkChanges, how === 'reset');
    if (connector.alterOffsets) return `The offsets for this connector have been ${how} successfully`;
    return (
      `The Connect framework-managed offsets for this connector have been ${how} successfully. However, if this connector ` +
      `manages offsets externally, they will need to be manually ${how} in the system that the connector uses.`
    );
  }

  private async changeGroup(
    name: string,
    config: Props,
    changes: readonly SinkChange[],
    isReset: boolean,
  ): Promise<void> {
    const negative = changes.find(({ offset }) => offset !== null && offset < 0);
    if (negative) {
      const cause = new ToolError('java.lang.IllegalArgumentException', 'Invalid negative offset');
      throw new ConnectError(`Failed to modify offsets for sink connector ${name}`, cause);
    }
    const groupId = config.get('consumer.override.group.id') ?? groupOf(name);
    const set = changes.flatMap(({ offset, ...partition }) => (offset === null ? [] : [{ ...partition, offset }]));
    const forgotten = changes.filter(({ offset }) => offset === null);
    await this.withGroups(name, config, async (groups) => {
      if (isReset) {
        const failure = (await groups.deleteGroups([groupId])).get(groupId);
        const isGone = failure instanceof ToolError && /GroupIdNotFound/.test(failure.className);
        if (failure instanceof ToolError && !isGone) throw failure;
        return;
      }
      if (set.length > 0) await groups.alterOffsets(groupId, set);
      if (forgotten.length > 0) {
        const [failed] = await groups.deleteOffsets(groupId, forgotten);
        if (failed) throw failed.error;
      }
    }).catch((thrown) => {
      if (!(thrown instanceof ToolError)) throw thrown;
      const how = isReset ? 'reset' : 'alter';
      throw new ConnectError(`Failed to ${how} consumer group offsets for connector ${name}`, thrown);
    });
  }

  private async withGroups<T>(
    name: string,
    config: ReadonlyMap<string, string>,
    use: (groups: GroupsAdmin) => Promise<T>,
  ): Promise<T> {
    const admin = await this.worker.clients.admin(`connector-adminclient-${name}`, config);
    const log = (level: 'WARN' | 'ERROR', message: string, logger: string, thrown?: Error): void =>
      this.worker.loggers.write(logger, level, message, thrown);
    try {
      return await use(new GroupsAdmin(admin, log));
    } finally {
      admin.close();
    }
  }
}

const integer = (value: unknown): number | undefined => (/^[+-]?\d+$/.test(String(value)) ? Number(value) : undefined);

/** A sink's offset as REST writes it (SinkUtils.parseSinkConnectorOffsets). Throws `BadRequestError`. */
function sinkChange({ partition, offset }: SourceOffset): SinkChange {
  if (!partition) throw new BadRequestError('The partition for a sink connector offset cannot be null or missing');
  if (!partition.has(TOPIC) || !partition.has(PARTITION)) {
    throw new BadRequestError(
      `The partition for a sink connector offset must contain the keys '${TOPIC}' and '${PARTITION}'`,
    );
  }
  const [topic, at] = [partition.get(TOPIC), partition.get(PARTITION)];
  if (topic === null) throw new BadRequestError('Kafka topic names must be valid strings and may not be null');
  if (at === null) throw new BadRequestError('Kafka partitions must be valid numbers and may not be null');
  const number = integer(at);
  if (number === undefined) {
    const what = `Failed to parse the following Kafka partition value in the provided offsets: '${at}'.`;
    throw new BadRequestError(`${what} Partition values for sink connectors need to be integers.`);
  }
  return { topic: String(topic), partition: number, offset: offset && sinkOffset(offset) };
}

function sinkOffset(offset: SourceMap): number {
  if (!offset.has(OFFSET)) {
    throw new BadRequestError(`The offset for a sink connector should either be null or contain the key '${OFFSET}'`);
  }
  const number = integer(offset.get(OFFSET));
  if (number !== undefined) return number;
  const what = `Failed to parse the following Kafka offset value in the provided offsets: '${offset.get(OFFSET)}'.`;
  throw new BadRequestError(`${what} Offset values for sink connectors need to be integers.`);
}
