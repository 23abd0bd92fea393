import { ApiVersions } from '@odradek/protocol/messages/api-versions';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { type Handler, handler } from '../api/handler';
import type { ManualClock } from '../env/testing/clock';
import { apiVersionsHandler, heartbeat, makeServer, requestFrame } from './testing';

const PUT_OFF_MS = 4;
const HANDLER_MS = 2;
const LATER_MS = 100;

/**
 * A server whose handlers take 2 ms, and where whatever leaves takes 4 ms of work put off: the first is a handler's, the
 * second the network's part. Heartbeats of `later` are answered when told to.
 */
async function makeWorld() {
  let clock: ManualClock | null = null;
  const charged: [member: string, durationMs: number][] = [];
  const handlerMs: number[] = [];
  const waiting: (() => void)[] = [];
  const counts = { settled: 0 };
  const wanted = { is: true };
  const declared = handler<typeof Heartbeat>({
    api: Heartbeat,
    handle: ({ memberId }, context) => {
      clock!.spend(HANDLER_MS);
      const answer = () => {
        handlerMs.push(context.handledMs === 0 ? 0 : context.handledMs - context.startedMs);
        if (memberId !== 'nobody') context.networkCharge = (durationMs) => void charged.push([memberId, durationMs]);
        return { errorCode: 0 };
      };
      if (memberId === 'bad') {
        answer();
        throw new Error('bad');
      }
      return memberId === 'later' ? new Promise((resolve) => waiting.push(() => resolve(answer()))) : answer();
    },
    fail: () => ({ errorCode: 1 }),
  }) as unknown as Handler;
  const settle = (): boolean => {
    counts.settled++;
    clock!.spend(PUT_OFF_MS);
    return true;
  };
  const handlers = [declared, apiVersionsHandler as unknown as Handler];
  const putOff = { begin: () => {}, settle, end: settle };
  const server = await makeServer(handlers, {}, putOff, () => wanted.is);
  clock = server.clock;
  await clock.advance(1);
  const client = await server.connect();
  const send = async (...frames: Buffer[]): Promise<void> => {
    client.connection.write([Buffer.concat(frames)]);
    await server.clock.settle();
  };
  const sum = (member: string): number =>
    charged.reduce((total, [who, durationMs]) => (who === member ? total + durationMs : total), 0);
  /** What the network's part has taken so far. */
  const networkMs = (): number => counts.settled * PUT_OFF_MS;
  return { clock, client, send, sum, networkMs, charged, handlerMs, waiting, wanted };
}

test('what reading and writing take is charged as the latest answer says, and handlers are no part of it', async () => {
  const { send, sum, networkMs } = await makeWorld();
  await send(heartbeat(1, 'a'), heartbeat(2, 'b'));
  const first = networkMs();
  expect(first).toBeGreaterThan(0);
  expect([sum('a'), sum('b')]).toEqual([0, first]);
  await send(heartbeat(3, 'a'));
  expect([sum('a'), sum('b')]).toEqual([networkMs() - first, first]);
});

test('what was taken in before anybody was to be charged is charged to the first', async () => {
  const { send, sum, networkMs } = await makeWorld();
  const frame = heartbeat(1, 'a');
  await send(frame.subarray(0, 7));
  await send(frame.subarray(7, 9));
  expect([sum('a'), networkMs()]).toEqual([0, expect.any(Number)]);
  await send(frame.subarray(9));
  expect(sum('a')).toBe(networkMs());
});

test('a wait for an answer is nobody’s', async () => {
  const { clock, client, send, sum, networkMs, waiting, handlerMs } = await makeWorld();
  await send(heartbeat(1, 'later'));
  await clock.advance(LATER_MS);
  expect(sum('later')).toBe(0);
  waiting[0]!();
  await clock.settle();
  expect(client.correlationIds()).toEqual([1]);
  expect(sum('later')).toBe(networkMs());
  expect(handlerMs).toEqual([HANDLER_MS]);
});

test('a handler that throws has had its time', async () => {
  const { client, send, sum, networkMs } = await makeWorld();
  await send(heartbeat(1, 'bad'));
  expect(client.response(Heartbeat, 0)).toMatchObject({ errorCode: 1 });
  expect(sum('bad')).toBe(networkMs());
});

test('nothing is charged for requests that nobody pays for, nor while nobody asks', async () => {
  const { send, charged, wanted } = await makeWorld();
  await send(heartbeat(1, 'nobody'), requestFrame(ApiVersions, 0, 2, {}));
  expect(charged).toEqual([]);
  wanted.is = false;
  await send(heartbeat(3, 'a'));
  expect(charged).toEqual([]);
});
