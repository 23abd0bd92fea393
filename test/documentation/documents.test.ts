import fs from 'node:fs';
import path from 'node:path';
import { home } from '../support/process';
import { Reader } from './reader';

// Everything that the documents tell a reader to type is typed here, and what they say is seen then must be seen.

let reader: Reader;
beforeEach(async () => {
  reader = await Reader.open();
});
afterEach(() => reader.close());

test.each(['README.md', 'docs/tutorial.md', 'docs/from-apache.md', 'docs/operating.md'])(
  '%s',
  async (file) => reader.read(file, fs.readFileSync(path.join(home, file), 'utf8')),
  300_000,
);
