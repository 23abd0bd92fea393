import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { home } from './paths.mjs';

/** A folder below node_modules, so that what lies in it finds its imports; it is gone when this process ends. */
export function bundleFolder(name) {
  const cache = path.join(home, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, `${name}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Bundles the program at `entry` into `folder`; returns the file. */
export async function bundle(entry, folder) {
  const outfile = path.join(folder, `${path.basename(path.dirname(entry))}-${path.basename(entry, '.ts')}.cjs`);
  await build({
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    tsconfig: path.join(home, 'tsconfig.json'),
    logLevel: 'warning',
    entryPoints: [entry],
    outfile,
    // The bundle lies elsewhere; what finds the project's folder from its own place must still find it.
    define: { __dirname: JSON.stringify(path.join(home, 'test', 'support')) },
  });
  return outfile;
}

/** Bundles a TypeScript module and imports it. */
export async function importTs(entry, folder) {
  const { default: exported } = await import(pathToFileURL(await bundle(entry, folder)).href);
  return exported;
}
