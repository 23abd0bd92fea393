import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildLegacyRecords } from '@odradek/protocol/records/legacy';
import { decoderParser } from './decoders';
import { FileReader, transactionIndexLines } from './files';
import { checkSlice, recordLines } from './segment';

test('only the first byte of the version of an aborted transaction counts', () => {
  const bytes = Buffer.alloc(34);
  bytes.writeInt16BE(1);
  expect(transactionIndexLines(bytes)).toEqual([
    'version: 0 producerId: 0 firstOffset: 0 lastOffset: 0 lastStableOffset: 0',
  ]);
  bytes.writeInt16BE(256);
  expect(() => transactionIndexLines(bytes)).toThrow('Unexpected aborted transaction version 1 in transaction index');
});

test('a slice begins in the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slices-'));
  const path = join(folder, 'x.log');
  writeFileSync(path, 'four');
  const file = new FileReader(path);
  const all = `FileRecords(size=4, file=${path}, start=0, end=2147483647)`;
  expect(() => checkSlice(file, path, 4, 10)).not.toThrow();
  expect(() => checkSlice(file, path, 5, 10)).toThrow(`Slice from position 5 exceeds end position of ${all}`);
  expect(() => checkSlice(file, path, -1, 10)).toThrow(`Invalid position: -1 in read from ${all}`);
  expect(() => checkSlice(file, path, 0, -1)).toThrow(`Invalid size: -1 in read from ${all}`);
  file.close();
  rmSync(folder, { recursive: true });
});

test('a message in a wrapper is shown with its own checksum', () => {
  const [key, value] = [Buffer.from('k'), Buffer.from('one')];
  const record = { offset: 2, timestamp: -1, key, value, headers: [] };
  const bytes = buildLegacyRecords([record], { magic: 0, compression: 'gzip' });
  const text = (decoded: Buffer): string => decoded.toString();
  const format = { printsContents: true, skipsMetadata: false, parser: decoderParser(text, text) };
  const nothing = (): void => undefined;
  // As kafka.tools.DumpLogSegments shows it, with the brace that it forgets to open.
  expect([...recordLines(bytes, format, nothing, nothing)]).toEqual([
    '| offset: 2 NoTimestampType: -1 keySize: 1 valueSize: 3 isValid: true crc: 3705217380} key: k payload: one',
  ]);
});
