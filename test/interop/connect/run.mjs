// npm run test:connect [-- --only WORD]: Apache's distributed Connect worker and MirrorMaker 2 against our brokers, beside the same
// against Apache's, and while brokers and workers are killed. Needs Java, and Maven where KAFKA_HOME is not set.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { resolveApacheKafka, resolveConnect } from '../../../scripts/lib/apache-kafka.mjs';
import { bundleFolder, importTs } from '../../../scripts/lib/bundle.mjs';
import { resolveJava } from '../../../scripts/lib/java-home.mjs';
import { home } from '../../../scripts/lib/paths.mjs';
import { runMain } from '../../../scripts/lib/say.mjs';

await runMain(async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const classPath = [...new Set([resolveApacheKafka(), resolveConnect()])].join(path.delimiter);
  const java = await resolveJava();
  const program = path.join(home, 'test', 'interop', 'connect', 'main.ts');
  const { main } = await importTs(program, bundleFolder('connect'));
  return main({ java, classPath, only: values.only });
});
