import type { Api } from '@odradek/protocol/schema/api';
import { Writer } from '@odradek/protocol/wire/writer';
import { type Both, framed, header } from '../both';
import type { Scenario } from '../main';
import { SAMPLES, type Sample } from './damaged-samples';
import { untilThereIsACoordinator } from './groups';
import { untilTransactionsAreCoordinated } from './transactional-producer';

/** What a broken request may wait for: a byte of a maximum wait becomes hours. */
const PATIENCE_MS = 400;
const REPLACEMENTS = [0x00, 0x01, 0x7f, 0xff];

/** The oldest version, the newest, and where the encoding changes. */
function versionsOf({ range, isFlexible }: Api): number[] {
  const all = Array.from({ length: range.to - range.from + 1 }, (_, index) => range.from + index);
  const firstFlexible = all.find(isFlexible);
  return [...new Set([range.from, firstFlexible ?? range.to, range.to])];
}

/** Both are compared by scenarios of their own. */
const except = {
  paths: ['apiKeys', 'results[0].topics['],
  why: 'only what is served is advertised; recompressed records have other sizes',
};

async function damage(both: Both, { api, request }: Sample<Api>): Promise<void> {
  for (const version of versionsOf(api)) {
    const writer = new Writer();
    api.requestCodec(version).encode(writer, request(version) as never);
    const body = writer.toBuffer();
    const head = header(api.key, version, 0, api.requestHeaderVersion(version));
    const send = (note: string, bytes: Buffer) =>
      both.sendRaw(`${note}: ${bytes.toString('hex')}`, framed(head, bytes), {
        api,
        version,
        patienceMs: PATIENCE_MS,
        mayHang: true,
        except,
      });
    for (let at = 0; at < body.length; at++) await send(`v${version} cut at ${at}`, body.subarray(0, at));
    await send(`v${version} with more behind`, Buffer.concat([body, Buffer.from([1, 2, 3])]));
    for (let at = 0; at < body.length; at++) {
      for (const value of REPLACEMENTS) {
        const changed = Buffer.from(body);
        changed[at] = value;
        await send(`v${version} with ${value} at ${at}`, changed);
      }
    }
  }
}

/** Every served API, cut at every byte, and with every byte changed: parsed or refused alike. */
export const damaged: readonly Scenario[] = SAMPLES.map((each, index) => ({
  name: `damaged: ${each.api.name}`,
  async run(both) {
    if (index === 0) await both.createTopic('damaged');
    await untilThereIsACoordinator(both);
    await untilTransactionsAreCoordinated(both);
    await damage(both, each);
  },
}));
