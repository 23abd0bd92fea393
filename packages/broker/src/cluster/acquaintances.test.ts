import { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import { encodeToBuffer } from '@odradek/protocol/schema/codegen';
import { Reader } from '@odradek/protocol/wire/reader';
import { ManualClock } from '../env/testing/clock';
import { Acquaintances } from './acquaintances';
import { MetadataCache } from './metadata-cache';

const at = (port: number) => ({ host: 'h', port });

test('whoever has lived at one place for half a minute, without interruption, is old', async () => {
  const clock = new ManualClock();
  const metadata = new MetadataCache(clock);
  const acquaintances = new Acquaintances(metadata, clock);
  const codec = UpdateMetadata.requestCodec(8);
  const live = (...ports: number[]): void => {
    const liveBrokers = ports.map((port, id) => ({
      id,
      endpoints: [{ ...at(port), listener: 'PLAINTEXT', securityProtocol: 0 }],
    }));
    metadata.update(
      codec.decode(new Reader(encodeToBuffer(codec, { controllerId: 0, controllerEpoch: 1, liveBrokers }))),
    );
  };
  live(1, 2, 3);
  await clock.advance(20_000);
  live(1, 3);
  live(1, 2, 4);
  await clock.advance(9_999);
  expect([1, 2, 3, 4].map((port) => acquaintances.isOld(at(port)))).toEqual([false, false, false, false]);
  await clock.advance(1);
  expect([1, 2, 3, 4].map((port) => acquaintances.isOld(at(port)))).toEqual([true, false, false, false]);
  await clock.advance(20_000);
  expect([1, 2, 3, 4].map((port) => acquaintances.isOld(at(port)))).toEqual([true, true, false, true]);
});
