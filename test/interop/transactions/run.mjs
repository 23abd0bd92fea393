// npm run test:eos -- [--side ours|apache|mixed] [--only WORD]: what exactly once means to others, each against three brokers that
// are killed meanwhile. Needs Java and Maven; for franz-go and librdkafka see main.ts.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { resolveApacheKafka, resolveStreamsTests } from '../../../scripts/lib/apache-kafka.mjs';
import { bundleFolder, importTs } from '../../../scripts/lib/bundle.mjs';
import { resolveJava } from '../../../scripts/lib/java-home.mjs';
import { home } from '../../../scripts/lib/paths.mjs';
import { runMain } from '../../../scripts/lib/say.mjs';

await runMain(async () => {
  const options = { side: { type: 'string', default: 'ours' }, only: { type: 'string' } };
  const { values } = parseArgs({ options });
  const classPath = [resolveApacheKafka(), resolveStreamsTests()].join(path.delimiter);
  const java = await resolveJava();
  const program = path.join(home, 'test', 'interop', 'transactions', 'main.ts');
  const { main } = await importTs(program, bundleFolder('transactions'));
  return main({ java, classPath, side: values.side, only: values.only });
});
