import { type Admin, createAdmin } from '@odradek/tools/client/admin';
import { createGroupConsumer } from '@odradek/tools/client/consumer-construction';
import type { GroupConsumer, RebalanceListener } from '@odradek/tools/client/group-consumer';
import { Producer } from '@odradek/tools/client/producer';
import { producerSettings } from '@odradek/tools/client/producer-config';
import type { Io, Log } from '@odradek/tools/print';
import type { SinkTopics } from '../config/connector-config';
import { clientProps } from '../config/overrides';
import { under, type WorkerConfig } from '../config/worker-config';
import type { Loggers } from '../log';
import type { Props } from '../plugins/api';

const LONG_MAX = '9223372036854775807';
const INT_MAX = '2147483647';

/** Makes the Kafka clients of tasks, with the settings that Apache's worker gives them (Worker). */
export class Clients {
  constructor(
    private readonly config: WorkerConfig,
    private readonly loggers: Loggers,
  ) {}

  private get bootstrapServers(): string {
    return this.config.parsed.list('bootstrap.servers').join(',');
  }

  private log(context: string): Log {
    return (level, message, name, thrown) => this.loggers.write(name, level, context + message, thrown);
  }

  private make(own: readonly (readonly [string, string])[], connector: Props, kind: 'producer' | 'consumer' | 'admin') {
    const base = new Map([['bootstrap.servers', this.bootstrapServers], ...own]);
    // What the worker's own client is told about security holds for all.
    const { props, policy } = this.config;
    return clientProps(base, props, connector, kind, policy);
  }

  /** A producer that gives up nothing: records wait for brokers for as long as it takes. Throws `ToolError`. */
  producer(clientId: string, connector: Props, context: string): Producer {
    const own = [
      ['max.block.ms', LONG_MAX],
      ['enable.idempotence', 'false'],
      ['acks', 'all'],
      ['max.in.flight.requests.per.connection', '1'],
      ['delivery.timeout.ms', INT_MAX],
      ['client.id', clientId],
    ] as const;
    const log = this.log(context);
    return new Producer(producerSettings(this.make(own, connector, 'producer'), log), log);
  }

  /** A member of a sink's group. Throws `ToolError`. */
  consumer(
    name: string,
    taskId: number,
    connector: Props,
    topics: SinkTopics,
    context: string,
    listener: RebalanceListener,
  ): Promise<GroupConsumer> {
    const own = [
      ['group.id', groupOf(name)],
      ['enable.auto.commit', 'false'],
      ['auto.offset.reset', 'earliest'],
      ['client.id', `connector-consumer-${name}-${taskId}`],
    ] as const;
    const properties = this.make(own, connector, 'consumer');
    const selection = 'topics' in topics ? topics : { ...topics, excludeInternal: true };
    return createGroupConsumer(properties, selection, this.log(context), listener);
  }

  /** An admin client, of a connector's or the worker's own. Throws `ToolError`. */
  admin(clientId: string, connector: Props = new Map()): Promise<Admin> {
    const properties = this.make([['client.id', clientId]], connector, 'admin');
    // The worker's file has the settings of this client without a prefix too.
    const merged = new Map([...this.config.props, ...under(this.config.props, 'admin.'), ...properties]);
    return createAdmin(merged, merged.get('bootstrap.servers')!, this.io());
  }

  /** Lines of the clients' logs go to the worker's. */
  private io(): Io {
    const stderr = {
      write: (line: string | Uint8Array) => this.loggers.write(ADMIN, 'WARN', String(line).trimEnd()),
      broken: false,
    };
    return { stderr } as Io;
  }
}

const ADMIN = 'org.apache.kafka.clients.NetworkClient';

/** The consumer group of a sink. */
export const groupOf = (connector: string): string => `connect-${connector}`;
