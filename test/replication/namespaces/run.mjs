// npm run test:namespaces [-- --only WORD] [--seconds N]: three brokers and ZooKeeper, each in a network namespace of its own, lose
// packets of each other's. Linux with iproute2 and util-linux; root, or a kernel that gives anybody namespaces of their own.
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { bundleFolder, importTs } from '../../../scripts/lib/bundle.mjs';
import { home } from '../../../scripts/lib/paths.mjs';
import { PlainError, runMain } from '../../../scripts/lib/say.mjs';

await runMain(async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' }, seconds: { type: 'string', default: '40' } } });
  // What is made here must vanish with this process: never in the machine's own namespace.
  if (Object.keys(os.networkInterfaces()).length > 0) throw new PlainError('Start it by `npm run test:namespaces`.');
  // An end by a signal has its exit handlers, too: they end the servers, and with them the namespaces.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  const entry = path.join(home, 'test', 'replication', 'namespaces', 'main.ts');
  const namespaces = await importTs(entry, bundleFolder('namespaces'));
  return namespaces.main({ only: values.only ?? '', cutMs: Number(values.seconds) * 1000 });
});
