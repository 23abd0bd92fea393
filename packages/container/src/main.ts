// What a container runs: makes a broker's settings of the environment, then is that broker.
import { execSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logLevels } from './log-levels';
import { propertiesText, settingsOf } from './settings';
import { VariablesError } from './variables';

const BROKER = join(__dirname, '..', '..', 'broker', 'dist', 'main.js');
const run = (command: string): string => execSync(command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

try {
  const settings = settingsOf(process.env, run);
  const file = process.env['ODRADEK_PROPERTIES'] ?? join(tmpdir(), 'server.properties');
  // Passwords may be among them.
  writeFileSync(file, propertiesText(settings), { mode: 0o600 });
  Object.assign(process.env, logLevels(process.env));
  process.argv.splice(2, process.argv.length, file);
  // In this process, which gets the container's signals.
  require(BROKER);
} catch (error) {
  if (!(error instanceof VariablesError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
