import { ApiVersions } from '@odradek/protocol/messages/api-versions';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { type Handler, handler, type RequestContext } from '../api/handler';
import { apiVersionsHandler, heartbeat, makeServer, requestFrame } from './testing';

const FAILED = 16;

/**
 * Heartbeats that let the next one pass while they wait for `release`: all but `last`, which waits as well (and lets it pass
 * when `letPass` says so), `now`, which is answered at once, and `bad`, which fails.
 */
function passingHeartbeats() {
  const waiting = new Map<string, () => void>();
  const contexts = new Map<string, RequestContext>();
  const seen: string[] = [];
  const declared = handler<typeof Heartbeat>({
    api: Heartbeat,
    handle: ({ memberId }, context) => {
      seen.push(memberId);
      contexts.set(memberId, context);
      if (memberId === 'now') return { errorCode: 0 };
      if (memberId === 'bad') throw new Error('bad');
      if (!memberId.startsWith('last')) context.letNextPass();
      return new Promise((resolve) => waiting.set(memberId, () => resolve({ errorCode: 0 })));
    },
    fail: () => ({ errorCode: FAILED }),
  }) as unknown as Handler;
  const release = (...members: string[]): void => {
    for (const member of members) waiting.get(member)!();
  };
  const letPass = (member: string): void => contexts.get(member)!.letNextPass();
  const mute = (member: string, durationMs: number): void => contexts.get(member)!.mute(durationMs);
  return { declared, seen, release, letPass, mute };
}

async function makeWorld() {
  const { declared, seen, release, letPass, mute } = passingHeartbeats();
  const server = await makeServer([declared, apiVersionsHandler as unknown as Handler]);
  const client = await server.connect();
  const send = async (...frames: Buffer[]): Promise<void> => {
    client.connection.write([Buffer.concat(frames)]);
    await server.clock.settle();
  };
  const settled = (...members: string[]): Promise<void> => {
    release(...members);
    return server.clock.settle();
  };
  const passed = (member: string): Promise<void> => {
    letPass(member);
    return server.clock.settle();
  };
  return { clock: server.clock, client, seen, send, settled, passed, mute };
}

test('who is let pass is handled at once; answers come in the order of the requests', async () => {
  const { client, seen, send, settled } = await makeWorld();
  await send(heartbeat(1, 'a'), heartbeat(2, 'b'));
  await send(heartbeat(3, 'now'), heartbeat(4, 'c'));
  expect(seen).toEqual(['a', 'b', 'now']);
  await settled('b');
  expect(client.correlationIds()).toEqual([]);
  await settled('a');
  expect(client.correlationIds()).toEqual([1, 2, 3]);
  expect(seen).toEqual(['a', 'b', 'now', 'c']);
  await settled('c');
  expect(client.correlationIds()).toEqual([1, 2, 3, 4]);
});

test('a frame that comes in pieces passes once it is whole', async () => {
  const { client, seen, send, settled } = await makeWorld();
  const frame = heartbeat(2, 'b');
  await send(heartbeat(1, 'a'), frame.subarray(0, 3));
  await send(frame.subarray(3, 9));
  expect(seen).toEqual(['a']);
  await send(frame.subarray(9));
  expect(seen).toEqual(['a', 'b']);
  await settled('b', 'a');
  expect(client.correlationIds()).toEqual([1, 2]);
});

test('neither another API passes, nor who comes behind it or behind one that lets nobody pass', async () => {
  const { client, seen, send, settled } = await makeWorld();
  await send(heartbeat(1, 'a'), requestFrame(ApiVersions, 0, 2, {}), heartbeat(3, 'last'), heartbeat(4, 'b'));
  expect(seen).toEqual(['a']);
  await settled('a');
  expect(client.correlationIds()).toEqual([1, 2]);
  expect(seen).toEqual(['a', 'last']);
  await settled('last');
  expect(seen).toEqual(['a', 'last', 'b']);
});

test('who is let pass late is handled then, without anything else that comes in', async () => {
  const { client, seen, send, settled, passed } = await makeWorld();
  await send(heartbeat(1, 'last1'), heartbeat(2, 'last2'), heartbeat(3, 'last3'));
  expect(seen).toEqual(['last1']);
  await passed('last1');
  expect(seen).toEqual(['last1', 'last2']);
  // Who comes behind the second one is for that one to say.
  await passed('last1');
  expect(seen).toEqual(['last1', 'last2']);
  await settled('last1');
  await passed('last1');
  expect(seen).toEqual(['last1', 'last2']);
  await passed('last2');
  expect(seen).toEqual(['last1', 'last2', 'last3']);
  await settled('last3', 'last2');
  expect(client.correlationIds()).toEqual([1, 2, 3]);
});

test.each([
  [5000, 1000],
  [1000, 5000],
  [3000, 3000],
])('of answers to several the longest silence counts (%d and %d ms)', async (first, second) => {
  const { clock, client, seen, send, settled, mute } = await makeWorld();
  await send(heartbeat(1, 'a'), heartbeat(2, 'b'));
  mute('a', first);
  mute('b', second);
  await settled('a', 'b');
  await send(heartbeat(3, 'now'));
  expect(client.correlationIds()).toEqual([1, 2]);
  await clock.advance(Math.max(first, second) - 1);
  expect(seen).toEqual(['a', 'b']);
  await clock.advance(1);
  expect(client.correlationIds()).toEqual([1, 2, 3]);
});

test('a silence that is over does not shorten the next one', async () => {
  const { clock, client, send, settled, mute } = await makeWorld();
  await send(heartbeat(1, 'a'));
  mute('a', 5000);
  await settled('a');
  await clock.advance(5000);
  await send(heartbeat(2, 'b'));
  mute('b', 1000);
  await settled('b');
  await send(heartbeat(3, 'now'));
  await clock.advance(999);
  expect(client.correlationIds()).toEqual([1, 2]);
  await clock.advance(1);
  expect(client.correlationIds()).toEqual([1, 2, 3]);
});

test('a hundred are under way at most', async () => {
  const { client, seen, send, settled } = await makeWorld();
  const members = Array.from({ length: 120 }, (_, index) => `m${index}`);
  await send(...members.map((member, index) => heartbeat(index, member)));
  expect(seen).toEqual(members.slice(0, 100));
  await settled('m0');
  expect(seen).toEqual(members.slice(0, 101));
  await settled(...members.slice(1, 101));
  await settled(...members.slice(101));
  expect(client.correlationIds()).toEqual(members.map((_, index) => index));
});

test('an error is answered behind what came before it', async () => {
  const { client, send, settled } = await makeWorld();
  await send(heartbeat(1, 'a'), heartbeat(2, 'bad'), heartbeat(3, 'now'));
  expect(client.correlationIds()).toEqual([]);
  await settled('a');
  expect(client.correlationIds()).toEqual([1, 2, 3]);
  expect(client.response(Heartbeat, 0, 1)).toMatchObject({ errorCode: FAILED });
});

test.each([
  ['a request that cannot be read', Buffer.concat([heartbeat(2, 'b').subarray(0, 12), Buffer.alloc(10, 0x7f)])],
  ['a frame of an impossible length', Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 12, 0, 0])],
])('%s ends the connection once what came before it is answered', async (_, rubbish) => {
  const { client, send, settled } = await makeWorld();
  if (rubbish.readInt32BE(0) > 0) rubbish.writeInt32BE(rubbish.length - 4);
  await send(heartbeat(1, 'a'), rubbish, heartbeat(3, 'c'));
  expect(client.closed).toBe(false);
  await settled('a');
  expect(client.correlationIds()).toEqual([1]);
  expect(client.closed).toBe(true);
});

test('who has left is handled all the same', async () => {
  const { client, seen, send, settled } = await makeWorld();
  await send(heartbeat(1, 'a'), heartbeat(2, 'last'), heartbeat(3, 'b'));
  client.connection.destroy();
  await settled('a', 'last');
  expect(seen).toEqual(['a', 'last', 'b']);
});

test.each([1, 2, 3, 4, 5])(
  'whatever comes, in whatever pieces, is handled once and answered in turn (%d)',
  async (seed) => {
    let state = seed;
    const below = (limit: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
    const { client, seen, send, settled } = await makeWorld();
    const sent: string[] = [];
    const frames = Array.from({ length: 150 }, (_, id) => {
      const kind = below(8);
      if (kind === 0) return requestFrame(ApiVersions, 0, id, {});
      const member = kind === 1 ? 'now' : kind === 2 ? 'bad' : `${kind === 3 ? 'last' : 'm'}${id}`;
      sent.push(member);
      return heartbeat(id, member);
    });
    const bytes = Buffer.concat(frames);
    const waiting = new Set<string>();
    let noticed = 0;
    for (let at = 0; client.correlationIds().length < frames.length; ) {
      const end = Math.min(bytes.length, at + below(300));
      if (end > at) await send(bytes.subarray(at, end));
      at = end;
      for (; noticed < seen.length; noticed++) if (!/now|bad/.test(seen[noticed]!)) waiting.add(seen[noticed]!);
      const chosen = [...waiting].filter(() => at === bytes.length || below(4) === 0);
      for (const member of chosen) waiting.delete(member);
      // The newest first: answers wait for those before them.
      await settled(...chosen.reverse());
      expect(seen).toEqual(sent.slice(0, seen.length));
      expect(client.correlationIds()).toEqual(frames.slice(0, client.correlationIds().length).map((_, id) => id));
    }
    expect(seen).toEqual(sent);
  },
);
