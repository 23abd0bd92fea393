import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../support/ports';
import { home, removeDir, ServerProcess, tempDir, writeProperties } from '../../support/process';
import { startZooKeeper } from '../../support/zookeeper';
import { differences, expiredBatches } from './folders';

/**
 * The same folders, filled by Apache's producers on Apache's broker, cleaned by Apache's cleaner and by ours: compared file
 * by file and record by record; then each broker serves what the other has cleaned. Once the delete horizons have passed
 * both get more records and are cleaned again, by either: tombstones and markers go. `node test/interop/cleaning/run.mjs`
 */
const run = promisify(execFile);
const CHECKPOINT = 'cleaner-offset-checkpoint';
const PATIENCE_MS = 120_000;
/** What a cleaning has met first, the next one so much later takes away (KIP-534). */
const DELETE_RETENTION_MS = 20_000;
/** Nobody cleans for so long: everything is clean. */
const QUIET_MS = 3_000;

type Side = 'apache' | 'ours';

/** Returns the exit code; throws the first difference. */
export async function main({ java, classPath }: { java: string; classPath: string }): Promise<number> {
  const [zooKeeper, port, dir] = [await startZooKeeper(), await freePort(), tempDir('cleaning')];
  const settings = (logDir: string, cleans: boolean) => ({
    'broker.id': 3,
    listeners: `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': logDir,
    'zookeeper.connect': `${zooKeeper.connect}/cleaning`,
    'zookeeper.session.timeout.ms': 2_000,
    'log.cleanup.policy': 'compact',
    'log.segment.bytes': 6_000,
    'log.index.size.max.bytes': 20_000,
    'log.index.interval.bytes': 500,
    'log.cleaner.enable': String(cleans),
    'log.cleaner.min.cleanable.ratio': 0.01,
    'log.cleaner.backoff.ms': 100,
    'log.cleaner.delete.retention.ms': DELETE_RETENTION_MS,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'offsets.topic.segment.bytes': 4_000,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.segment.bytes': 8_000,
    'transaction.max.timeout.ms': 3_600_000,
    'log.retention.ms': -1,
  });
  const load = async (...args: string[]): Promise<string> => {
    const { stdout } = await run(
      java,
      ['-Xmx256m', '-cp', classPath, path.join(home, 'test/interop/cleaning/Load.java'), ...args],
      {
        maxBuffer: 1e9,
      },
    );
    return stdout;
  };
  /** Clients and checkpoints wait for what it is about to serve. */
  const serve = async <T>(side: Side, logDir: string, cleans: boolean, use: () => Promise<T>): Promise<T> => {
    const file = path.join(dir, 'server.properties');
    writeProperties(file, settings(logDir, cleans));
    const server =
      side === 'ours'
        ? new ServerProcess(path.join(home, 'bin', 'kafka-server-start.sh'), [file], { LOG_DIR: path.join(dir, 'app') })
        : new ServerProcess(java, ['-Xmx384m', '-XX:+UseSerialGC', '-cp', classPath, 'kafka.Kafka', file]);
    try {
      const result = await use();
      await server.stop('SIGTERM');
      return result;
    } catch (error) {
      console.error(server.log().slice(-3000));
      throw error;
    } finally {
      await server.kill();
    }
  };
  const checkpoint = (logDir: string): string => {
    const file = path.join(logDir, CHECKPOINT);
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split('\n').sort().join('\n') : '';
  };
  const clean = async (logDir: string, before = ''): Promise<string> => {
    let [text, sinceMs] = ['', Date.now()];
    for (const deadlineMs = Date.now() + PATIENCE_MS; Date.now() < deadlineMs; await sleep(100)) {
      const now = checkpoint(logDir);
      if (now !== text) [text, sinceMs] = [now, Date.now()];
      else if (text !== before && Date.now() - sinceMs > QUIET_MS) return text;
    }
    throw new Error(`never clean: ${text}`);
  };
  try {
    const [filled, byApache, byUs] = ['filled', 'by-apache', 'by-us'].map((name) => path.join(dir, name)) as [
      string,
      string,
      string,
    ];
    const written = await serve('apache', filled, false, async () => {
      await load('write', `127.0.0.1:${port}`);
      return load('read', `127.0.0.1:${port}`);
    });
    for (const copy of [byApache, byUs]) fs.cpSync(filled, copy, { recursive: true, preserveTimestamps: true });
    const theirs = await serve('apache', byApache, true, () => clean(byApache));
    const ours = await serve('ours', byUs, true, () => clean(byUs));
    const horizonMs = Date.now() + DELETE_RETENTION_MS;
    if (ours !== theirs) throw new Error(`checkpoints differ:\n${ours}\n--\n${theirs}`);
    const found = differences(byApache, byUs);
    if (found.problems.length > 0) throw new Error(found.problems.slice(0, 20).join('\n'));
    console.log(`same  ${found.files} files with ${found.batches} batches, cleaned up to\n${theirs}`);
    for (const [side, logDir] of [
      ['apache', byUs],
      ['ours', byApache],
    ] as const) {
      const lines = await serve(side, logDir, false, () => load('read', `127.0.0.1:${port}`));
      const known = new Set(written.split('\n'));
      const strange = lines.split('\n').filter((line) => !known.has(line));
      if (strange.length > 0)
        throw new Error(`${side} reads what was never written: ${strange.slice(0, 5).join('\n')}`);
      if (tableOf(lines) !== tableOf(written)) throw new Error(`${side} does not read the last values`);
      console.log(
        `same  ${side} reads what the other has cleaned: ${lines.split('\n').length} of ${written.split('\n').length} records`,
      );
    }
    await sleep(horizonMs - Date.now());
    for (const [side, logDir] of [
      ['apache', byApache],
      ['ours', byUs],
    ] as const) {
      await serve('apache', logDir, false, () => load('more', `127.0.0.1:${port}`));
      const again = `${logDir}-again`;
      fs.cpSync(logDir, again, { recursive: true, preserveTimestamps: true });
      const [before, expired] = [checkpoint(logDir), expiredBatches(logDir, horizonMs)];
      const [theirs, ours] = [
        await serve('apache', logDir, true, () => clean(logDir, before)),
        await serve('ours', again, true, () => clean(again, before)),
      ];
      if (ours !== theirs) throw new Error(`checkpoints differ:\n${ours}\n--\n${theirs}`);
      const found = differences(logDir, again);
      if (found.problems.length > 0) throw new Error(found.problems.slice(0, 20).join('\n'));
      const left = expiredBatches(again, horizonMs);
      if (expired === 0 || left > 0) throw new Error(`${expired} batches past their horizon, ${left} of them left`);
      console.log(
        `same  ${found.files} files with ${found.batches} batches, which ${side} had cleaned before: ${expired} were past their horizon`,
      );
    }
  } finally {
    await zooKeeper.stop();
  }
  removeDir(dir);
  return 0;
}

/** The last value of every key of every topic. */
function tableOf(lines: string): string {
  const table = new Map<string, string>();
  for (const line of lines.trim().split('\n')) {
    const [topic, , pair] = line.split(' ') as [string, string, string];
    const [key, value] = pair.split('=') as [string, string];
    if (value === 'null') table.delete(`${topic} ${key}`);
    else table.set(`${topic} ${key}`, value);
  }
  return [...table]
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join('\n');
}
