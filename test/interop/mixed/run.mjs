// npm run test:mixed [-- --only WORD] [--self]: Apache's brokers and ours in one cluster; with --self Apache's alone. Needs Java and Maven.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { resolveApacheKafka } from '../../../scripts/lib/apache-kafka.mjs';
import { bundleFolder, importTs } from '../../../scripts/lib/bundle.mjs';
import { resolveJava } from '../../../scripts/lib/java-home.mjs';
import { home } from '../../../scripts/lib/paths.mjs';
import { runMain } from '../../../scripts/lib/say.mjs';

await runMain(async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' }, self: { type: 'boolean', default: false } } });
  const classPath = resolveApacheKafka();
  const java = await resolveJava();
  const mixed = await importTs(path.join(home, 'test', 'interop', 'mixed', 'main.ts'), bundleFolder('mixed'));
  return mixed.main({ java, classPath, ...values, only: values.only });
});
