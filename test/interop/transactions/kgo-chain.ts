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
const PER_SECOND = 100;
const REST_MS = 3_000;
const LIMIT_S = 300;

/** None where there is no Go. */
export function chainTrials(): { name: string; run(stage: Stage): Promise<string[]> }[] {
  if (spawnSync('go', ['version']).status !== 0) return [];
  return [{ name: 'kgo-chain', run: chainUnderEnds }];
}

async function chainUnderEnds(stage: Stage): Promise<string[]> {
  const dir = tempDir('kgo-chain');
  const program = path.join(dir, 'kgo-chain');
  try {
    await built(program);
    const client = new ClusterClient(stage.places.map(({ port }) => port));
    for (const topic of TOPICS) await client.createTopic(topic, PARTITIONS, REPLICAS, { 'min.insync.replicas': '2' });
    const bouncing = stage.bounce(['kill', 'stop'], REST_MS);
    const problems = await chained(program, stage.bootstrap);
    console.log(`      ${await bouncing.stop()} brokers ended, killed and stopped in turn`);
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

async function chained(program: string, bootstrap: string): Promise<string[]> {
  const flags = {
    bootstrap,
    topics: TOPICS.join(','),
    partitions: PARTITIONS,
    records: RECORDS,
    'per-second': PER_SECOND,
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
