import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/ports';
import { type ServerProcess, writeProperties } from '../../support/process';
import type { Kafka } from '../mixed/member';
import { startJava } from '../transactions/java';

const DISTRIBUTED = 'org.apache.kafka.connect.cli.ConnectDistributed';
const JSON_CONVERTER = 'org.apache.kafka.connect.json.JsonConverter';
const STRING_CONVERTER = 'org.apache.kafka.connect.storage.StringConverter';
const PATIENCE_MS = 300_000;

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Apache's distributed worker. */
export class ConnectWorker {
  private process: ServerProcess | undefined;

  private constructor(
    private readonly kafka: Kafka,
    readonly port: number,
    private readonly file: string,
  ) {}

  static async make(
    kafka: Kafka,
    folder: string,
    bootstrap: string,
    replicas: number,
    more: Readonly<Record<string, string | number>> = {},
  ): Promise<ConnectWorker> {
    const port = await freePort();
    const file = path.join(folder, `worker-${port}.properties`);
    const topics = ['config', 'offset', 'status'].flatMap((what): [string, string | number][] => [
      [`${what}.storage.topic`, what === 'status' ? 'connect-status' : `connect-${what}s`],
      [`${what}.storage.replication.factor`, replicas],
    ]);
    writeProperties(file, {
      'bootstrap.servers': bootstrap,
      'group.id': 'connect-cluster',
      'key.converter': STRING_CONVERTER,
      'value.converter': JSON_CONVERTER,
      ...Object.fromEntries(topics),
      'offset.flush.interval.ms': 1_000,
      'scheduled.rebalance.max.delay.ms': 2_000,
      listeners: `http://127.0.0.1:${port}`,
      'plugin.discovery': 'only_scan',
      ...more,
    });
    return new ConnectWorker(kafka, port, file);
  }

  async start(): Promise<void> {
    this.process = startJava(this.kafka, DISTRIBUTED, [this.file]);
    await this.process.until(async () => (await this.ask('GET', '/connectors')).status === 200, PATIENCE_MS);
  }

  /** A request; status 0: nobody answers. */
  async ask(method: string, at: string, body?: unknown): Promise<Answer> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.port}${at}`, {
        method,
        ...(body !== undefined && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      return { status: 0, text: String(error) };
    }
  }

  /** Asks again as long as the worker is busy with a rebalance. */
  async insist(method: string, at: string, body?: unknown): Promise<Answer> {
    const deadlineMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await this.ask(method, at, body);
      if ((answer.status !== 409 && answer.status !== 0 && answer.status < 500) || performance.now() > deadlineMs) {
        return answer;
      }
      await sleep(200);
    }
  }

  async untilRunning(connector: string, tasks: number): Promise<void> {
    const isRunning = async (): Promise<boolean> => {
      const { text } = await this.ask('GET', `/connectors/${connector}/status`);
      return text.split('"state":"RUNNING"').length - 1 === tasks + 1;
    };
    await this.process!.until(isRunning, PATIENCE_MS);
  }

  /** Waits until an answer holds some text. */
  async untilText(at: string, wanted: string): Promise<void> {
    await this.process!.until(async () => (await this.ask('GET', at)).text.includes(wanted), PATIENCE_MS);
  }

  log(): string {
    return this.process?.log() ?? '';
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    await this.process?.stop(signal);
  }
}
