import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ClusterClient } from '../../replication/load/client';
import { equalReplicas } from '../../replication/load/reader';
import { home, removeDir, ServerProcess, tempDir } from '../../support/process';
import type { Stage } from './stage';

// franz-go while brokers are ended: its own tests take a refused connection for a failure, so the program is ours (kgo-chain/).

const SOURCE = path.join(home, 'test', 'interop', 'transactions', 'kgo-chain');
const TOPICS = ['chain-in', 'chain-mid', 'chain-out'];
const PARTITIONS = 3;
const REPLICAS = 3;
const RECORDS = 6_000;
const PER_SECOND = 120;
const LIMIT_S = 300;

interface Bounce {
  readonly ends: readonly ('kill' | 'stop')[];
  readonly restMs: number;
  /** Of the group's members: one that has died is waited for so long, by each coordinator anew, and each must live longer. */
  readonly sessionTimeoutMs: number;
}

const BOUNCES: Readonly<Record<string, Bounce>> = {
  'kgo-chain': { ends: ['kill', 'stop'], restMs: 3_000, sessionTimeoutMs: 6_000 },
  'kgo-chain-hard': { ends: ['kill'], restMs: 700, sessionTimeoutMs: 1_200 },
};

/** None where there is no Go. */
export function chainTrials(): { name: string; run(stage: Stage): Promise<string[]> }[] {
  if (spawnSync('go', ['version']).status !== 0) return [];
  return Object.entries(BOUNCES).map(([name, bounce]) => ({
    name,
    run: (stage: Stage) => chainUnderEnds(stage, bounce),
  }));
}

async function chainUnderEnds(stage: Stage, { ends, restMs, sessionTimeoutMs }: Bounce): Promise<string[]> {
  const dir = tempDir('kgo-chain');
  const program = path.join(dir, 'kgo-chain');
  try {
    await built(program);
    const client = new ClusterClient(stage.places.map(({ port }) => port));
    for (const topic of TOPICS) await client.createTopic(topic, PARTITIONS, REPLICAS, { 'min.insync.replicas': '2' });
    const bouncing = stage.bounce(ends, restMs);
    const problems = await chained(program, stage.bootstrap, sessionTimeoutMs);
    console.log(`      ${await bouncing.stop()} brokers ended (${ends.join(', ')})`);
    for (const topic of TOPICS) {
      await client.whole(topic, PARTITIONS, REPLICAS);
      for (let partition = 0; partition < PARTITIONS; partition++)
        problems.push(...(await equalReplicas(stage.places, topic, partition)).difference);
    }
    return problems;
  } finally {
    removeDir(dir);
  }
}

async function built(program: string): Promise<void> {
  const compiler = new ServerProcess('go', ['build', '-C', SOURCE, '-mod=readonly', '-o', program, '.']);
  const { code } = await compiler.ended;
  if (code !== 0) throw new Error(`go build ended with ${code}\n${compiler.log()}`);
}

async function chained(program: string, bootstrap: string, sessionTimeoutMs: number): Promise<string[]> {
  const flags = {
    bootstrap,
    topics: TOPICS.join(','),
    partitions: PARTITIONS,
    records: RECORDS,
    'per-second': PER_SECOND,
    session: `${sessionTimeoutMs}ms`,
    limit: `${LIMIT_S}s`,
  };
  const chain = new ServerProcess(
    program,
    Object.entries(flags).map(([flag, value]) => `-${flag}=${value}`),
  );
  const { code, signal } = await chain.ended;
  for (const line of chain.log().trim().split('\n')) console.log(`      ${line}`);
  return code === 0 ? [] : [`kgo-chain ended with ${code ?? signal}`];
}
