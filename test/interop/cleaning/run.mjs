// node test/interop/cleaning/run.mjs: Apache's cleaner and ours on the same folders. Needs Java and Maven.
import path from 'node:path';
import { resolveApacheKafka } from '../../../scripts/lib/apache-kafka.mjs';
import { bundleFolder, importTs } from '../../../scripts/lib/bundle.mjs';
import { resolveJava } from '../../../scripts/lib/java-home.mjs';
import { home } from '../../../scripts/lib/paths.mjs';
import { runMain } from '../../../scripts/lib/say.mjs';

await runMain(async () => {
  const classPath = resolveApacheKafka();
  const java = await resolveJava();
  const cleaning = await importTs(path.join(home, 'test', 'interop', 'cleaning', 'main.ts'), bundleFolder('cleaning'));
  return cleaning.main({ java, classPath });
});
