import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Asset {
  readonly contentType: string;
  readonly body: Buffer;
}

const CONTENT_TYPES = {
  'index.html': 'text/html; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'app.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/**
 * The page's files by the path that asks for each. They are read once, by the names of this list: no path of a request is
 * ever one of the file system. Throws where one is missing.
 */
export function readAssets(folder: string): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  for (const [name, contentType] of Object.entries(CONTENT_TYPES)) {
    assets.set(name === 'index.html' ? '/' : `/${name}`, { contentType, body: readFileSync(join(folder, name)) });
  }
  return assets;
}
