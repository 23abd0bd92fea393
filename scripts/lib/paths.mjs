import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, wherever it was cloned to and from wherever a script is called. */
export const home = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Everything that is fetched at run time (ZooKeeper's jars, a JVM) lives here; git ignores it. */
export const vendorDir = path.join(home, '.vendor');
