// Bundles the broker and every tool, so that `npm install` alone makes each bin/*.sh work (npm runs this as `prepare`).
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { home } from './lib/paths.mjs';
import { PlainError, runMain } from './lib/say.mjs';
import { markBuilt, markInstalled } from './lib/setup.mjs';
import { tools } from './lib/tools.mjs';

/** Their binaries lie beside their own files in node_modules. */
const natives = ['@node-rs/crc32', 'lz4-napi', '@toondepauw/node-zstd', 'fs-native-extensions'];

/** What is bundled of the packages beside broker and tools. */
const others = {
  connect: ['connect-standalone'],
  odradek: ['index', 'cli', 'member-main', 'zookeeper-main'],
  container: ['main', 'healthcheck'],
  console: ['main'],
};

/** Packed for npm, where maps of sources that are not there would only be weight. */
const published = new Set(['odradek']);

const packedConsole = path.join(home, 'packages', 'odradek', 'dist', 'console');
const toolsDist = path.join(home, 'packages', 'tools', 'dist');

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

/** kafka-topics is made of src/topics.ts: every tool is Kafka's, but for ZooKeeper's shell. */
const sourceOf = (name) => path.join(home, 'packages', 'tools', 'src', `${name.replace(/^kafka-/, '')}.ts`);

function builds() {
  const broker = path.join(home, 'packages', 'broker');
  const list = [{ entryPoints: [path.join(broker, 'src', 'main.ts')], outfile: path.join(broker, 'dist', 'main.js') }];
  for (const { name } of tools) {
    list.push({ entryPoints: [sourceOf(name)], outfile: path.join(toolsDist, `${name}.js`) });
  }
  for (const [name, files] of Object.entries(others)) {
    const folder = path.join(home, 'packages', name);
    for (const file of files) {
      const outfile = path.join(folder, 'dist', `${file}.js`);
      const options = { entryPoints: [path.join(folder, 'src', `${file}.ts`)], outfile };
      list.push(published.has(name) ? { ...options, sourcemap: false } : options);
    }
  }
  // The package that is installed alone has a console of its own, beside its brokers.
  list.push({
    entryPoints: [path.join(home, 'packages', 'console', 'src', 'main.ts')],
    outfile: path.join(packedConsole, 'main.js'),
    sourcemap: false,
  });
  const isThere = ({ entryPoints }) => fs.existsSync(entryPoints[0]);
  const missing = list.filter((entry) => !isThere(entry)).map(({ outfile }) => path.relative(home, outfile));
  if (missing.length > 0) console.error(`Not built, no source yet: ${missing.join(', ')}`);
  return list.filter(isThere);
}

/** What a browser loads of the console, beside its server: a program, a style sheet, and what is copied as it is. */
function consolePage() {
  const page = path.join(home, 'packages', 'console', 'page');
  return {
    bundle: true,
    minify: true,
    format: 'iife',
    // What understands the style sheet (light-dark) understands this.
    target: 'es2022',
    loader: { '.html': 'copy', '.svg': 'copy' },
    entryPoints: ['app.ts', 'app.css', 'index.html', 'icon.svg'].map((name) => path.join(page, name)),
    outdir: path.join(home, 'packages', 'console', 'dist', 'page'),
    absWorkingDir: home,
    logLevel: 'warning',
  };
}

function packPage() {
  const page = path.join(home, 'packages', 'console', 'dist', 'page');
  fs.cpSync(page, path.join(packedConsole, 'page'), { recursive: true });
}

/** The types of the embedded cluster, and those of Connect's plug-ins, are one file each without imports: a declaration as it is. */
function writeTypes() {
  const folder = path.join(home, 'packages', 'odradek');
  const types = fs.readFileSync(path.join(folder, 'src', 'api.ts'), 'utf8');
  fs.writeFileSync(
    path.join(folder, 'dist', 'index.d.ts'),
    `${types}\nexport declare const startCluster: StartCluster;\n`,
  );
  const plugins = path.join(home, 'packages', 'connect', 'src', 'plugins', 'api.ts');
  fs.copyFileSync(plugins, path.join(folder, 'dist', 'connect.d.ts'));
}

await runMain(async () => {
  const startedAt = new Date();
  // Each by itself: what does not compile does not take the others with it. esbuild says what is wrong.
  const all = [...builds().map((options) => ({ ...common, ...options })), consolePage()];
  const outcomes = await Promise.allSettled(all.map((options) => build(options)));
  if (outcomes.some(({ status }) => status === 'rejected')) throw new PlainError('The build failed: see above.');
  writeTypes();
  packPage();
  markBuilt(startedAt);
  if (process.env.npm_lifecycle_event === 'prepare') markInstalled();
  return 0;
});
