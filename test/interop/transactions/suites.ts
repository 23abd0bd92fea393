import fs from 'node:fs';
import path from 'node:path';
import { removeDir, ServerProcess, tempDir } from '../../support/process';
import type { Stage } from './stage';

// Transactional tests of other clients, where this machine has them built:
//   KGO_TEST       franz-go's kgo as a test binary (go test -c github.com/twmb/franz-go/pkg/kgo)
//   RDKAFKA_TESTS  librdkafka's folder `tests`, with its test-runner

const KGO_TEST = process.env['KGO_TEST'];
const RDKAFKA_TESTS = process.env['RDKAFKA_TESTS'];
/** With brokers: consumers of transactions, transactions, aborted messages. 0105 and 0103's local part have none. */
const RDKAFKA_NUMBERS = ['0098', '0103', '0129', '0061'];
const KGO_RECORDS = 50_000;
const LIMIT_MS = 900_000;

/** None where a suite is not here. */
export function suiteTrials(): { name: string; run(stage: Stage): Promise<string[]> }[] {
  return [
    ...(KGO_TEST === undefined ? [] : [kgoTrial(KGO_TEST)]),
    ...(RDKAFKA_TESTS === undefined ? [] : RDKAFKA_NUMBERS.map((number) => rdkafkaTrial(RDKAFKA_TESTS, number))),
  ];
}

/** On brokers that stay: its test takes a refused connection for a failure. */
function kgoTrial(program: string) {
  return {
    name: 'kgo',
    run: (stage: Stage): Promise<string[]> => {
      const env = { KGO_SEEDS: stage.bootstrap, KGO_TEST_RF: '3', KGO_TEST_RECORDS: String(KGO_RECORDS) };
      const flags = ['-test.v', '-test.run', '^(TestTxnEtl|TestGroupETL)$', '-test.timeout', `${LIMIT_MS}ms`];
      return ended(new ServerProcess(program, flags, env));
    },
  };
}

function rdkafkaTrial(folder: string, number: string) {
  return {
    name: `rdkafka-${number}`,
    run: async (stage: Stage): Promise<string[]> => {
      const dir = tempDir('rdkafka');
      const conf = path.join(dir, 'test.conf');
      fs.writeFileSync(conf, `bootstrap.servers=${stage.bootstrap}\ntest.topic.random=true\n`);
      const env = {
        TESTS: number,
        RDKAFKA_TEST_CONF: conf,
        TEST_KAFKA_VERSION: '3.9.0',
        KAFKA_PATH: javaHome(stage, dir),
        LD_LIBRARY_PATH: [path.join(folder, '..', 'src'), path.join(folder, '..', 'src-cpp')].join(path.delimiter),
      };
      try {
        return await ended(new ServerProcess('bash', ['-c', `cd '${folder}' && exec ./test-runner`], env));
      } finally {
        removeDir(dir);
      }
    },
  };
}

/** 0098 builds and runs a producer of Apache's: it looks for Kafka as it is installed. */
function javaHome({ kafka: { java, classPath } }: Stage, dir: string): string {
  const bin = path.join(dir, 'bin');
  fs.mkdirSync(bin);
  const script = `#!/bin/sh\nexec '${java}' -Xmx128m -cp "$CLASSPATH:${classPath}" "$@"\n`;
  fs.writeFileSync(path.join(bin, 'kafka-run-class.sh'), script, { mode: 0o755 });
  fs.symlinkSync(path.dirname(classPath.split(path.delimiter)[0]!), path.join(dir, 'libs'));
  return dir;
}

async function ended(program: ServerProcess): Promise<string[]> {
  const limit = setTimeout(() => void program.kill(), LIMIT_MS);
  const { code, signal } = await program.ended;
  clearTimeout(limit);
  const lines = program.log().trim().split('\n');
  for (const line of lines.filter((it) => /\b(PASSED|SKIPPED|FAILED)\b|--- (PASS|SKIP)/.test(it)))
    console.log(`      ${line}`);
  if (code === 0) return [];
  const failures = lines.filter((line) => /--- FAIL|TEST FAILURE|panic:|unexpected/.test(line));
  return [`ended with ${code ?? signal}`, ...failures.slice(0, 10), ...lines.slice(-10)];
}
