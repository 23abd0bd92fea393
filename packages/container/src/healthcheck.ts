// Exit code 0 where the broker of this container may be given clients: registered, a controller known, its topics there.
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseProperties } from '@odradek/broker/config/properties';

const LIMIT_MS = 3_000;

async function main(): Promise<number> {
  const file = process.env['ODRADEK_PROPERTIES'] ?? join(tmpdir(), 'server.properties');
  const { entries } = parseProperties(readFileSync(file, 'utf8'));
  const [, port] = /:(\d+)$/.exec(entries.get('odradek.metrics.listener')!.value) ?? [];
  const answer = await fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(LIMIT_MS) });
  process.stdout.write(await answer.text());
  return answer.ok ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stdout.write(`${error.message}\n`);
    process.exit(1);
  },
);
