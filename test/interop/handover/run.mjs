// node test/interop/handover/run.mjs: Apache's broker and ours take turns on one cluster's data. Needs Java and Maven.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { resolveApacheKafka } from '../../../scripts/lib/apache-kafka.mjs';
import { resolveJava } from '../../../scripts/lib/java-home.mjs';
import { home } from '../../../scripts/lib/paths.mjs';
import { runMain } from '../../../scripts/lib/say.mjs';

await runMain(async () => {
  const classPath = resolveApacheKafka();
  const java = await resolveJava();
  const cache = path.join(home, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, 'handover-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const outfile = path.join(folder, 'handover.cjs');
  await build({
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    tsconfig: path.join(home, 'tsconfig.json'),
    logLevel: 'warning',
    entryPoints: [path.join(home, 'test', 'interop', 'handover', 'main.ts')],
    outfile,
    // The bundle lies elsewhere; what finds the project's folder from its own place must still find it.
    define: { __dirname: JSON.stringify(path.join(home, 'test', 'support')) },
  });
  const { default: handover } = await import(pathToFileURL(outfile).href);
  return handover.main({ java, classPath });
});
