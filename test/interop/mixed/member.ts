import path from 'node:path';
import type { Member } from '../../replication/load/trial';
import { ask, freePort } from '../../support/ports';
import { home, removeDir, ServerProcess, tempDir, writeProperties } from '../../support/process';

export type Side = 'apache' | 'ours';

export interface Kafka {
  readonly java: string;
  readonly classPath: string;
}

/** Metadata v1 for no topic. */
const METADATA = Buffer.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0]);
const isWholeFrame = (bytes: Buffer) => bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0);
/** Longer than a session: Apache's broker dies of the node that its killed predecessor left behind. */
const SESSION_MS = 4_000;
const PATIENCE_MS = 90_000;
const JVM = ['-Xmx384m', '-XX:+UseSerialGC'];
const LOG4J = {
  'log4j.rootLogger': 'INFO, out',
  'log4j.appender.out': 'org.apache.log4j.ConsoleAppender',
  'log4j.appender.out.layout': 'org.apache.log4j.PatternLayout',
  'log4j.appender.out.layout.ConversionPattern': '[%d] %p %m (%c)%n',
};

/** One broker's place in a cluster: its id, port and folder, served by Apache's broker or by ours. */
export class Place implements Member {
  side: Side = 'apache';
  readonly logDir: string;
  private process: ServerProcess | null = null;
  private killedMs = 0;
  private readonly logs: string[] = [];

  private constructor(
    private readonly kafka: Kafka,
    readonly id: number,
    readonly port: number,
    private readonly dir: string,
  ) {
    this.logDir = path.join(dir, 'logs');
  }

  /** @param settings beyond the usual ones */
  static async make(
    kafka: Kafka,
    id: number,
    zooKeeper: string,
    settings: Readonly<Record<string, string | number>> = {},
  ): Promise<Place> {
    const place = new Place(kafka, id, await freePort(), tempDir(`mixed-${id}`));
    writeProperties(place.file, {
      'broker.id': id,
      listeners: `PLAINTEXT://127.0.0.1:${place.port}`,
      'log.dirs': place.logDir,
      'zookeeper.connect': zooKeeper,
      'zookeeper.session.timeout.ms': SESSION_MS,
      'offsets.topic.replication.factor': 3,
      'offsets.topic.num.partitions': 5,
      'group.initial.rebalance.delay.ms': 0,
      'log.index.size.max.bytes': 100_000,
      'controlled.shutdown.retry.backoff.ms': 500,
      'replica.lag.time.max.ms': 10_000,
      ...settings,
    });
    writeProperties(place.log4j, LOG4J);
    return place;
  }

  private get log4j(): string {
    return path.join(this.dir, 'log4j.properties');
  }

  private get file(): string {
    return path.join(this.dir, 'server.properties');
  }

  async start(): Promise<void> {
    if (this.side === 'apache' && this.killedMs > 0) {
      const leftMs = this.killedMs + 2 * SESSION_MS - performance.now();
      if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs));
    }
    const { java, classPath } = this.kafka;
    this.process =
      this.side === 'ours'
        ? new ServerProcess(path.join(home, 'bin', 'kafka-server-start.sh'), [this.file], {
            LOG_DIR: path.join(this.dir, 'app'),
          })
        : new ServerProcess(java, [
            ...JVM,
            `-Dlog4j.configuration=file:${this.log4j}`,
            '-cp',
            classPath,
            'kafka.Kafka',
            this.file,
          ]);
    await this.process.until(async () => {
      const answer = await ask(this.port, METADATA, isWholeFrame);
      return answer !== undefined && answer.length >= 12 && answer.readInt32BE(8) > 0;
    }, PATIENCE_MS);
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
    this.killedMs = 0;
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
    this.killedMs = performance.now();
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.process) return;
    await this.process.stop(signal);
    this.logs.push(this.process.log());
    this.process = null;
  }

  /** Lines of errors that this broker has written in all its lives. */
  errors(): string[] {
    const all = [...this.logs, this.process?.log() ?? ''].join('\n').split('\n');
    return all.filter((line) => /\b(ERROR|FATAL)\b/.test(line));
  }

  log(): string {
    return this.process?.log() ?? this.logs.at(-1) ?? '';
  }

  async remove(): Promise<void> {
    await this.end('SIGKILL');
    removeDir(this.dir);
  }
}
