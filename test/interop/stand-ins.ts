import net from 'node:net';
import { silentLoggers } from '@odradek/broker/env/logger';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import type { ZooKeeperSession } from '@odradek/broker/env/zookeeper';
import { LeaderAndIsr } from '@odradek/protocol/messages/leader-and-isr';
import { StopReplica } from '@odradek/protocol/messages/stop-replica';
import { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import type { Api } from '@odradek/protocol/schema/api';
import type { Fields } from '@odradek/protocol/schema/fields';
import { RequestHeader } from '@odradek/protocol/wire/headers';
import { Reader } from '@odradek/protocol/wire/reader';
import { Writer } from '@odradek/protocol/wire/writer';
import { framed } from './both';
import { chroot, SIDES, type SideName, type World } from './world';

const CONTROL = [LeaderAndIsr, StopReplica, UpdateMetadata] as const;
const KAFKA_STORAGE_ERROR = 56;
const PATIENCE_MS = 60_000;
const RACKS = 3;

/** A request of a controller, as it came. */
export interface ControlRequest {
  readonly side: SideName;
  readonly broker: number;
  readonly api: 'LeaderAndIsr' | 'StopReplica' | 'UpdateMetadata';
  readonly version: number;
  readonly body: Record<string, unknown> & {
    readonly topicStates: readonly {
      readonly topicName: string;
      /** LeaderAndIsr and UpdateMetadata have one. */
      readonly topicId?: string;
      readonly partitionStates: readonly (Record<string, unknown> & { readonly partitionIndex: number })[];
    }[];
  };
}

/**
 * Brokers that do whatever a controller says, as far as it can tell, and remember what it said: registered on both sides,
 * each with a server of its own. Nothing else that is asked of them is answered.
 */
export class StandIns {
  private readonly sockets = new Set<net.Socket>();
  private readonly servers: net.Server[] = [];
  private readonly ports = new Map<string, number>();
  private readonly registered = new Set<number>();
  /** What has come since it was last taken. */
  readonly received: ControlRequest[] = [];
  /** Replicas on log folders that have failed, as `broker:topic-N`. */
  readonly failed = new Set<string>();

  private constructor(
    private readonly session: ZooKeeperSession,
    readonly ids: readonly number[],
  ) {}

  static async start(world: World, ids: readonly number[]): Promise<StandIns> {
    const options = { sessionTimeoutMs: PATIENCE_MS, connectionTimeoutMs: PATIENCE_MS, connect: world.zooKeeper };
    const made = new StandIns(await new NodeZooKeeper(silentLoggers).connect(options), ids);
    for (const side of SIDES) for (const id of ids) await made.listen(side, id);
    return made;
  }

  /** Which broker a port belongs to; undefined for the two that are real. */
  brokerAt(side: SideName, port: number): number | undefined {
    for (const [key, known] of this.ports)
      if (known === port && key.startsWith(`${side}:`)) return Number(key.split(':')[1]);
    return undefined;
  }

  /** Registers a broker on both sides, as its start does. */
  async register(id: number): Promise<void> {
    this.registered.add(id);
    for (const side of SIDES) {
      const endpoint = `PLAINTEXT://127.0.0.1:${this.ports.get(`${side}:${id}`)}`;
      const info = {
        version: 5,
        host: '127.0.0.1',
        port: this.ports.get(`${side}:${id}`),
        jmx_port: -1,
        endpoints: [endpoint],
        rack: `r${id % RACKS}`,
        listener_security_protocol_map: { PLAINTEXT: 'PLAINTEXT' },
        features: {},
        timestamp: '1700000000000',
      };
      await this.session.create(`/${chroot(side)}/brokers/ids/${id}`, Buffer.from(JSON.stringify(info)), 'persistent');
    }
  }

  /** Its end, as ZooKeeper shows it. */
  async unregister(id: number): Promise<void> {
    if (!this.registered.delete(id)) return;
    for (const side of SIDES) await this.session.delete(`/${chroot(side)}/brokers/ids/${id}`, -1);
  }

  /** What has come since it was last taken, in order. */
  take(): ControlRequest[] {
    return this.received.splice(0);
  }

  close(): void {
    for (const server of this.servers) server.close();
    for (const socket of this.sockets) socket.destroy();
    void this.session.close();
  }

  private listen(side: SideName, id: number): Promise<void> {
    const server = net.createServer((socket) => this.serve(side, id, socket));
    this.servers.push(server);
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        this.ports.set(`${side}:${id}`, (server.address() as net.AddressInfo).port);
        resolve();
      });
    });
  }

  private serve(side: SideName, broker: number, socket: net.Socket): void {
    this.sockets.add(socket);
    let bytes: Buffer = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (let end = frameEnd(bytes); end > 0; end = frameEnd(bytes)) {
        const answer = this.answer(side, broker, bytes.subarray(4, end));
        if (answer) socket.write(answer);
        bytes = bytes.subarray(end);
      }
    });
  }

  private answer(side: SideName, broker: number, frame: Buffer): Buffer | null {
    const key = frame.readInt16BE(0);
    const version = frame.readInt16BE(2);
    const api = CONTROL.find((known) => known.key === key) as Api<Fields, Fields> | undefined;
    if (!api) return null;
    const reader = new Reader(frame, 0, frame.length);
    const { correlationId } = RequestHeader.codec(api.requestHeaderVersion(version)).decode(reader);
    const body = api.requestCodec(version).decode(reader) as unknown as ControlRequest['body'];
    this.received.push({ side, broker, api: api.name as ControlRequest['api'], version, body });
    const writer = new Writer();
    writer.int32(correlationId);
    if (api.responseHeaderVersion(version) === 1) writer.uvarint(0);
    api.responseCodec(version).encode(writer, this.obeyed(broker, api, body) as never);
    return framed(writer.toBuffer());
  }

  private obeyed(broker: number, api: Api<Fields, Fields>, { topicStates }: ControlRequest['body']): unknown {
    if (api.name === 'UpdateMetadata') return { errorCode: 0 };
    if (api.name === 'StopReplica') {
      const partitionErrors = topicStates.flatMap(({ topicName, partitionStates }) =>
        partitionStates.map(({ partitionIndex }) => ({ topicName, partitionIndex, errorCode: 0 })),
      );
      return { errorCode: 0, partitionErrors };
    }
    const topics = topicStates.map(({ topicName, topicId, partitionStates }) => ({
      topicId,
      partitionErrors: partitionStates.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: this.failed.has(`${broker}:${topicName}-${partitionIndex}`) ? KAFKA_STORAGE_ERROR : 0,
      })),
    }));
    return { errorCode: 0, partitionErrors: [], topics };
  }
}

const frameEnd = (bytes: Buffer): number => {
  if (bytes.length < 4) return 0;
  const end = 4 + bytes.readInt32BE(0);
  return bytes.length < end ? 0 : end;
};
