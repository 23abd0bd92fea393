import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientProperties } from './command';

test('only what this tool has a config for is read of a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'api-versions-'));
  const path = join(folder, 'command.properties');
  writeFileSync(path, 'retries=x\nclient.id=mine\nretry.backoff.ms=7\nssl.protocol=TLSv1.2\n');
  expect([...clientProperties(path)]).toEqual([
    ['request.timeout.ms', '5000'],
    ['retry.backoff.ms', '7'],
    ['ssl.protocol', 'TLSv1.2'],
  ]);
  expect([...clientProperties(undefined)]).toEqual([['request.timeout.ms', '5000']]);
  rmSync(folder, { recursive: true });
});
