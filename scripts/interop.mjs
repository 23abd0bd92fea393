// npm run test:interop [-- WORD…]: sends the same requests to Apache Kafka's broker and to ours and compares the answers.
// With --self Apache's broker is compared with itself: a scenario that differs then is wrong. WORDs choose scenarios by name. Both are built and run from what lies here: nothing needs to be started before.
import path from 'node:path';
import { resolveApacheKafka } from './lib/apache-kafka.mjs';
import { bundle, bundleFolder, importTs } from './lib/bundle.mjs';
import { resolveJava } from './lib/java-home.mjs';
import { home } from './lib/paths.mjs';
import { runMain } from './lib/say.mjs';

await runMain(async () => {
  const classPath = resolveApacheKafka();
  const java = await resolveJava();
  const folder = bundleFolder('interop');
  const brokerBundle = await bundle(path.join(home, 'packages', 'broker', 'src', 'main.ts'), folder);
  const comparison = await importTs(path.join(home, 'test', 'interop', 'main.ts'), folder);
  const self = process.argv.includes('--self');
  const words = process.argv.slice(2).filter((word) => word !== '--self');
  return comparison.main({ brokerBundle, java, classPath, self, words });
});
