import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { home, removeDir, tempDir } from '../support/process';

// ZooKeeper from Apache's archive: what is tried where neither this machine nor Debian has it.

let dir: string;
let target: string;
let server: http.Server;
let archive: Buffer;

beforeEach(async () => {
  dir = tempDir('archive');
  target = path.join(dir, 'vendor');
  fs.mkdirSync(path.join(dir, 'apache-zookeeper-1.2.3-bin', 'lib'), { recursive: true });
  fs.writeFileSync(path.join(dir, 'apache-zookeeper-1.2.3-bin', 'lib', 'zookeeper-1.2.3.jar'), 'a jar');
  execFileSync('tar', ['-czf', path.join(dir, 'a.tar.gz'), '-C', dir, 'apache-zookeeper-1.2.3-bin']);
  archive = fs.readFileSync(path.join(dir, 'a.tar.gz'));
  server = http.createServer((request, response) => {
    if (request.url === '/gone') response.writeHead(404).end();
    else if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': archive.length });
      response.write(archive.subarray(0, 50), () => response.destroy());
    } else response.end(archive);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  removeDir(dir);
});

/** In a process of its own: jest does not import ES modules. Resolves to the error's message, or none. */
function fetchArchive(file: string, sha512: string): Promise<string | null> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${file}`;
  const module = JSON.stringify(path.join(home, 'scripts', 'lib', 'zookeeper-home.mjs'));
  const args = `${JSON.stringify({ name: 'ZooKeeper', url, sha512 })}, ${JSON.stringify(target)}`;
  const script = `import(${module}).then((m) => m.fetchArchive(${args})).catch((e) => { console.log(e.name + '|' + e.message); process.exitCode = 9; })`;
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['-e', script], (error, stdout, stderr) => {
      if (error && error.code !== 9) reject(new Error(stderr));
      else resolve(error ? stdout.trim().split('\n').at(-1)! : null);
    });
  });
}

const checksum = (): string => createHash('sha512').update(archive).digest('hex');

test('is unpacked where its checksum is right', async () => {
  expect(await fetchArchive('right', checksum())).toBeNull();
  expect(fs.readFileSync(path.join(target, 'lib', 'zookeeper-1.2.3.jar'), 'utf8')).toBe('a jar');
  expect(fs.readdirSync(target)).toEqual(['lib']);
});

test.each([
  ['other', 'has the wrong checksum', /does not have the published checksum/],
  ['gone', 'is not there', /HTTP 404/],
  ['cut', 'breaks off', /127\.0\.0\.1/],
])('/%s is refused where it %s, and leaves nothing', async (file, _what, message) => {
  const sha512 = file === 'other' ? '0'.repeat(128) : checksum();
  expect(await fetchArchive(file, sha512)).toMatch(message);
  expect(fs.existsSync(target)).toBe(false);
  expect(fs.readdirSync(dir).filter((name) => name.startsWith('vendor'))).toEqual([]);
});
