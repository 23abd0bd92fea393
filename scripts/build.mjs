// Bundles the broker and every tool, so that `npm install` alone makes each bin/*.sh work (npm runs this as `prepare`).
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { home } from './lib/paths.mjs';
import { runMain } from './lib/say.mjs';
import { markBuilt, markInstalled } from './lib/setup.mjs';
import { tools } from './lib/tools.mjs';

/** Their binaries lie beside their own files in node_modules. */
const natives = ['@node-rs/crc32', 'lz4-napi', '@toondepauw/node-zstd', 'fs-native-extensions'];

const toolsDist = path.join(home, 'packages', 'tools', 'dist');

/**
 * kafkajs as one file of its own: it weighs more than all tools together, and one that imports it only when it needs it
 * (`await import('kafkajs')`) starts without it.
 */
const kafkajsApart = {
  name: 'kafkajs-apart',
  setup: (bundle) => bundle.onResolve({ filter: /^kafkajs$/ }, () => ({ path: './vendor/kafkajs.js', external: true })),
};

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  sourcesContent: false,
  external: natives,
  tsconfig: path.join(home, 'tsconfig.json'),
  absWorkingDir: home,
  logLevel: 'warning',
};

function entriesOfTools() {
  const files = tools.map(({ name }) => path.join(home, 'packages', 'tools', 'src', `${name}.ts`));
  const missing = files.filter((file) => !fs.existsSync(file));
  if (missing.length > 0)
    console.error(`Not built, no source yet: ${missing.map((file) => path.basename(file, '.ts')).join(', ')}`);
  return files.filter((file) => !missing.includes(file));
}

await runMain(async () => {
  const broker = path.join(home, 'packages', 'broker', 'src', 'main.ts');
  await Promise.all([
    fs.existsSync(broker) &&
      build({ ...common, entryPoints: [broker], outdir: path.join(home, 'packages', 'broker', 'dist') }),
    build({ ...common, entryPoints: entriesOfTools(), outdir: toolsDist, plugins: [kafkajsApart] }),
    build({ ...common, entryPoints: ['kafkajs'], outfile: path.join(toolsDist, 'vendor', 'kafkajs.js') }),
  ]);
  markBuilt();
  if (process.env.npm_lifecycle_event === 'prepare') markInstalled();
  return 0;
});
