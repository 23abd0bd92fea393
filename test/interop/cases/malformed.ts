import { ApiVersions } from '@odradek/protocol/messages/api-versions';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { Metadata } from '@odradek/protocol/messages/metadata';
import { Produce } from '@odradek/protocol/messages/produce';
import { type Both, framed, header } from '../both';
import type { Scenario } from '../main';

const NOTHING = Buffer.alloc(0);
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const lengthOf = (length: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(length);
  return bytes;
};

/** The two lists differ on purpose (what is not served is not advertised); what both advertise must not. */
async function versions(both: Both): Promise<void> {
  const list = {
    paths: ['apiKeys'],
    why: 'only what is served is advertised',
  };
  for (const version of [0, 1, 2, 3, 4]) {
    const request = { clientSoftwareName: 'interop', clientSoftwareVersion: '1.0' };
    const { ours, apache } = await both.send(ApiVersions, version, request, { except: list });
    const theirs = new Map(apache.apiKeys.map((entry) => [entry.apiKey, entry]));
    for (const entry of ours.apiKeys) {
      const known = theirs.get(entry.apiKey);
      if (JSON.stringify(known) !== JSON.stringify(entry)) {
        both.report(`ApiVersions v${version}`, [`ours ${JSON.stringify(entry)}, Apache ${JSON.stringify(known)}`]);
      }
    }
  }
  const names = ['', ' ', 'ok', '-x', 'x-', 'x.y-z', 'x_y', 'ü', '.', 'a'.repeat(300), 'a b', 'a\n'];
  for (const name of names) {
    await both.send(
      ApiVersions,
      3,
      { clientSoftwareName: name, clientSoftwareVersion: '1' },
      { note: JSON.stringify(name), except: list },
    );
    await both.send(
      ApiVersions,
      3,
      { clientSoftwareName: 'x', clientSoftwareVersion: name },
      { note: `version ${JSON.stringify(name)}`, except: list },
    );
  }
  for (const version of [5, 99, 32767, -1]) {
    for (const headerVersion of [1, 2]) {
      const head = header(ApiVersions.key, version, 7, headerVersion);
      await both.sendRaw(`ApiVersions v${version}, header ${headerVersion}`, framed(head, hex('02 78 02 31 00')));
      await both.sendRaw(`ApiVersions v${version}, header ${headerVersion}, no body`, framed(head));
    }
  }
}

async function headers(both: Both): Promise<void> {
  const metadata1 = (head: Buffer) => framed(head, lengthOf(0));
  const v1 = { api: Metadata, version: 1 };
  const v9 = { api: Metadata, version: 9 };
  await both.sendRaw('no client id', metadata1(header(Metadata.key, 1, 1, 1, null)), v1);
  await both.sendRaw('empty client id', metadata1(header(Metadata.key, 1, 1, 1, '')), v1);
  await both.sendRaw('client id with spaces and umlauts', metadata1(header(Metadata.key, 1, 1, 1, 'ä b')), v1);
  await both.sendRaw(
    'client id of bytes that are no text',
    framed(hex('0003 0001 00000001 0002 fffe'), lengthOf(0)),
    v1,
  );
  await both.sendRaw('negative correlation id', metadata1(header(Metadata.key, 1, -5, 1)), v1);
  for (const apiKey of [-1, 66, 68, 69, 71, 72, 74, 75, 76, 80, 81, 99, 1000, 32767]) {
    await both.sendRaw(`unadvertised key ${apiKey}`, framed(header(apiKey, 0, 1, 1), lengthOf(0)));
  }
  for (const [api, versions] of [
    [Metadata, [-1, 13, 99]],
    [Produce, [-1, 12, 99]],
    [Fetch, [-1, 18, 99]],
  ] as const) {
    for (const version of versions) {
      for (const headerVersion of [1, 2]) {
        await both.sendRaw(
          `${api.name} v${version}, header ${headerVersion}`,
          framed(header(api.key, version, 1, headerVersion), lengthOf(0)),
        );
      }
    }
  }
  await both.sendRaw('client id longer than the frame', framed(hex('0003 0001 00000001 7fff 61')));
  await both.sendRaw('client id length -2', framed(hex('0003 0001 00000001 fffe'), lengthOf(0)), v1);
  for (const bytes of [0, 1, 2, 3, 4, 6, 7, 8, 9]) {
    await both.sendRaw(`header cut after ${bytes} bytes`, framed(header(Metadata.key, 1, 1, 1).subarray(0, bytes)));
  }
  await both.sendRaw('no tag count in a flexible header', framed(hex('0003 0009 00000001 ffff')));
  await both.sendRaw(
    'unknown tags in a flexible header',
    framed(hex('0003 0009 00000001 ffff 01 63 02 abcd'), hex('01 00 00 00 00')),
    v9,
  );
  await both.sendRaw(
    'a tag longer than the frame',
    framed(hex('0003 0009 00000001 ffff 01 63 7f ab'), hex('01 00 00 00 00')),
  );
  await both.sendRaw(
    'tags out of order',
    framed(hex('0003 0009 00000001 ffff 02 05 00 03 00'), hex('01 00 00 00 00')),
    v9,
  );
}

async function lengths(both: Both): Promise<void> {
  for (const length of [-1, -2147483648, 104857601, 2147483647]) {
    await both.sendRaw(`frame length ${length}`, lengthOf(length), { patienceMs: 1500 });
  }
  await both.sendRaw('frame length 0', lengthOf(0), { patienceMs: 1500 });
  await both.sendRaw('HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), { patienceMs: 1500 });
  await both.sendRaw('TLS hello', hex('16 03 01 02 00 01 00 01 fc 03 03 00 00 00'), { patienceMs: 1500 });
}

async function bodies(both: Both): Promise<void> {
  const metadata = (version: number, body: Buffer) =>
    framed(header(Metadata.key, version, 1, Metadata.requestHeaderVersion(version)), body);
  const bad: readonly [string, number, Buffer][] = [
    ['no body', 1, NOTHING],
    ['cut array count', 1, hex('0000')],
    ['array count beyond the frame', 1, lengthOf(1000)],
    ['array count of 2^31-1', 1, lengthOf(2147483647)],
    ['array count -2', 1, lengthOf(-2)],
    ['null array where none is allowed', 0, lengthOf(-1)],
    ['null name', 1, hex('00000001 ffff')],
    ['name length -2', 1, hex('00000001 fffe')],
    ['name beyond the frame', 1, hex('00000001 0010 61')],
    ['bytes behind the body', 1, hex('00000000 abcd')],
    ['bytes behind the body', 4, hex('00000000 00 abcd')],
    ['boolean 2', 4, hex('00000000 02')],
    ['bytes behind the body', 9, hex('01 00 00 00 00 abcd')],
    ['compact null array', 9, hex('00 00 00 00 00')],
    ['compact count beyond the frame', 9, hex('ffffffff07 00 00 00 00')],
    ['varint of six bytes', 9, hex('ffffffffff7f 00 00 00 00')],
    ['compact null name', 9, hex('02 00 00 00 00 00 00')],
    ['unknown tag in the body', 9, hex('01 00 00 00 01 09 01 ff')],
    ['twice the same tag in the body', 9, hex('01 00 00 00 02 09 00 09 00')],
    ['tags out of order in the body', 9, hex('01 00 00 00 02 09 00 08 00')],
    ['name that is no text', 1, hex('00000001 0002 fffe')],
  ];
  for (const [note, version, body] of bad) {
    await both.sendRaw(note, metadata(version, body), { api: Metadata, version });
  }
  const produce = (version: number, body: Buffer) =>
    framed(header(Produce.key, version, 1, Produce.requestHeaderVersion(version)), body);
  await both.sendRaw(
    'Produce v3: records beyond the frame',
    produce(3, hex('ffff 0001 00000100 00000001 0001 61 00000001 00000000 00001000 ab')),
  );
  await both.sendRaw(
    'Produce v3: records length -2',
    produce(3, hex('ffff 0001 00000100 00000001 0001 61 00000001 00000000 fffffffe')),
  );
  await both.sendRaw(
    'Produce v3: null topic name',
    produce(3, hex('ffff 0001 00000100 00000001 ffff 00000001 00000000 ffffffff')),
  );
  await both.sendRaw(
    'Fetch v4: cut in the middle',
    framed(header(Fetch.key, 4, 1, 1), hex('ffffffff 00000000 00000001 00')),
  );
}

export const malformed: readonly Scenario[] = [
  { name: 'malformed: ApiVersions', run: versions },
  { name: 'malformed: headers', run: headers },
  { name: 'malformed: lengths', run: lengths },
  { name: 'malformed: bodies', run: bodies },
];
