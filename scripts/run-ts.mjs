// Runs a TypeScript script: node scripts/run-ts.mjs script.ts [arguments]. Bundles it below node_modules, so that its
// imports are found from there, and imports the bundle; the script sees its arguments as if node had run it itself.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const [script, ...args] = process.argv.slice(2);
if (script === undefined) {
  console.error('usage: node scripts/run-ts.mjs script.ts [arguments]');
  process.exit(2);
}

const cache = join(root, 'node_modules', '.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'run-ts-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const bundle = join(folder, 'script.cjs');
await build({
  entryPoints: [resolve(script)],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  packages: 'external',
  sourcemap: 'inline',
  tsconfig: join(root, 'tsconfig.json'),
  logLevel: 'warning',
});
process.argv = [process.argv[0], resolve(script), ...args];
await import(pathToFileURL(bundle).href);
