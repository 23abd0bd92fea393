// npm run test:interop [-- WORD…]: sends the same requests to Apache Kafka's broker and to ours and compares the answers.
// With --self Apache's broker is compared with itself: a scenario that differs then is wrong. WORDs choose scenarios by name. Both are built and run from what lies here: nothing needs to be started before.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { resolveApacheKafka } from './lib/apache-kafka.mjs';
import { resolveJava } from './lib/java-home.mjs';
import { home } from './lib/paths.mjs';
import { runMain } from './lib/say.mjs';

const cache = path.join(home, 'node_modules', '.cache');

async function bundle(folder) {
  const options = {
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    tsconfig: path.join(home, 'tsconfig.json'),
    logLevel: 'warning',
  };
  const broker = path.join(folder, 'broker.cjs');
  const comparison = path.join(folder, 'comparison.cjs');
  await Promise.all([
    build({ ...options, entryPoints: [path.join(home, 'packages', 'broker', 'src', 'main.ts')], outfile: broker }),
    build({
      ...options,
      entryPoints: [path.join(home, 'test', 'interop', 'main.ts')],
      outfile: comparison,
      // The bundle lies elsewhere; what finds the project's folder from its own place must still find it.
      define: { __dirname: JSON.stringify(path.join(home, 'test', 'interop')) },
    }),
  ]);
  return { broker, comparison };
}

await runMain(async () => {
  const classPath = resolveApacheKafka();
  const java = await resolveJava();
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, 'interop-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const { broker, comparison } = await bundle(folder);
  const { default: comparisonModule } = await import(pathToFileURL(comparison).href);
  const self = process.argv.includes('--self');
  const words = process.argv.slice(2).filter((word) => word !== '--self');
  return comparisonModule.main({ brokerBundle: broker, java, classPath, self, words });
});
