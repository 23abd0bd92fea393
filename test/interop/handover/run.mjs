// node test/interop/handover/run.mjs: Apache's broker and ours take turns on one cluster's data. Needs Java and Maven.
import path from 'node:path';
import { resolveApacheKafka } from '../../../scripts/lib/apache-kafka.mjs';
import { bundleFolder, importTs } from '../../../scripts/lib/bundle.mjs';
import { resolveJava } from '../../../scripts/lib/java-home.mjs';
import { home } from '../../../scripts/lib/paths.mjs';
import { runMain } from '../../../scripts/lib/say.mjs';

await runMain(async () => {
  const classPath = resolveApacheKafka();
  const java = await resolveJava();
  const handover = await importTs(path.join(home, 'test', 'interop', 'handover', 'main.ts'), bundleFolder('handover'));
  return handover.main({ java, classPath });
});
