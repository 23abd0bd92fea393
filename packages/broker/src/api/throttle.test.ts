import { Fetch } from '@odradek/protocol/messages/fetch';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { Produce } from '@odradek/protocol/messages/produce';
import { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import type { Api } from '@odradek/protocol/schema/api';
import { Writer } from '@odradek/protocol/wire/writer';
import { ManualClock } from '../env/testing/clock';
import { MemoryLoggers } from '../env/testing/logger';
import { EMPTY_SLICE } from '../log/types';
import { Quotas } from '../quotas/quotas';
import type { PartitionFetch } from '../replication/fetch-reader';
import type { FetchContext, FetchWish } from '../replication/fetch-sessions';
import { fetchableBytes, throttledFetch } from './fetch-quota';
import { Answer, type Handler, type HandlerResult, NO_ANSWER, type RequestContext } from './handler';
import type { Services } from './services';
import { chargeProduce, mutationPermits, throttled } from './throttle';

const WINDOWS = {
  quotaWindowNum: 11,
  quotaWindowSizeSeconds: 1,
  controllerQuotaWindowNum: 11,
  controllerQuotaWindowSizeSeconds: 1,
  metricsNumSamples: 2,
  metricsSampleWindowMs: 30_000,
};
const SECOND_MS = 1000;

function makeWorld() {
  const clock = new ManualClock();
  const quotas = new Quotas(clock, WINDOWS, new MemoryLoggers().logger('quotas'));
  const muted: number[] = [];
  const context = (init: Partial<RequestContext> = {}): RequestContext =>
    ({
      principal: 'User:alice',
      clientId: 'app',
      apiVersion: 11,
      requestBytes: 100,
      startedMs: clock.monotonicMs(),
      handledMs: 0,
      elsewhereMs: 0,
      networkCharge: null,
      mute: (durationMs: number) => void (durationMs > 0 && muted.push(durationMs)),
      ...init,
    }) as RequestContext;
  return { clock, quotas, muted, context, services: { clock, quotas } as unknown as Services };
}

type World = ReturnType<typeof makeWorld>;

function holding({ services }: World, result: HandlerResult<object>, api: Api = Heartbeat as unknown as Api): Handler {
  const fail = ({ code }: { code: number }) => ({ errorCode: code });
  return throttled({ api, handle: () => result, fail } as unknown as Handler, services);
}

const percentOf = ({ quotas }: World): number => [...quotas.request.usages()][0]!.perSecond;

/** Handles a request that has taken half a second: 5 percent of ten seconds. */
async function handleSlowly(world: World, result: HandlerResult<object>, api?: Api) {
  const context = world.context();
  await world.clock.advance(SECOND_MS);
  const started = { ...context, startedMs: world.clock.monotonicMs() - 500 };
  return holding(world, result, api).handle({} as never, started);
}

describe('request_percentage', () => {
  test('nothing is looked at while no quota is set', async () => {
    const world = makeWorld();
    const body = { errorCode: 0 };
    expect(await handleSlowly(world, body)).toBe(body);
    expect(world.muted).toEqual([]);
  });

  test('who exceeds it is told so at once and not listened to, for one window at most', async () => {
    const world = makeWorld();
    world.quotas.update({ user: 'alice' }, { request_percentage: '1' });
    const body = { errorCode: 0 };
    expect(await handleSlowly(world, body)).toEqual({ errorCode: 0, throttleTimeMs: 1000 });
    expect(world.muted).toEqual([1000]);
    expect(body).toEqual({ errorCode: 0 });
  });

  test('what follows an answer still follows it', async () => {
    const world = makeWorld();
    world.quotas.update({ user: 'alice' }, { request_percentage: '1' });
    let sent = 0;
    const result = (await handleSlowly(world, new Answer({ errorCode: 0 }, () => void sent++))) as Answer<object>;
    expect(result.body).toEqual({ errorCode: 0, throttleTimeMs: 1000 });
    result.sent();
    expect(sent).toBe(1);
  });

  test('others are not touched by it', async () => {
    const world = makeWorld();
    world.quotas.update({ user: 'bob' }, { request_percentage: '1' });
    expect(await handleSlowly(world, { errorCode: 0 })).toEqual({ errorCode: 0 });
    expect(world.muted).toEqual([]);
  });

  test('brokers among themselves are exempt, and so is what gets no answer', async () => {
    const world = makeWorld();
    world.quotas.update({ user: null }, { request_percentage: '1' });
    expect(await handleSlowly(world, { errorCode: 0 }, UpdateMetadata as unknown as Api)).toEqual({ errorCode: 0 });
    expect(await handleSlowly(world, NO_ANSWER)).toBe(NO_ANSWER);
    expect(world.muted).toEqual([]);
  });

  test('a request that came before the quota is let go', async () => {
    const world = makeWorld();
    world.quotas.update({ user: null }, { request_percentage: '1' });
    await world.clock.advance(60 * SECOND_MS);
    const handler = holding(world, { errorCode: 0 });
    expect(await handler.handle({} as never, world.context({ startedMs: 0 }))).toEqual({ errorCode: 0 });
  });

  test('failures are charged as well', async () => {
    const world = makeWorld();
    world.quotas.update({ user: 'alice' }, { request_percentage: '1' });
    await world.clock.advance(SECOND_MS);
    const context = world.context({ startedMs: world.clock.monotonicMs() - 500 });
    const answer = holding(world, {}).fail({ code: 7, message: '' }, {} as never, context);
    expect(answer).toEqual({ errorCode: 7, throttleTimeMs: 1000 });
  });

  test('only the time in the handler counts, not the time that an answer waits', async () => {
    const world = makeWorld();
    world.quotas.update({ user: 'alice' }, { request_percentage: '1' });
    await world.clock.advance(SECOND_MS);
    const startedMs = world.clock.monotonicMs();
    const context = world.context({ startedMs, handledMs: startedMs + 1 });
    await world.clock.advance(60 * SECOND_MS);
    expect(await holding(world, { errorCode: 0 }).handle({} as never, context)).toEqual({ errorCode: 0 });
  });

  test('what others worked for it, and what the network’s part took, counts as well', async () => {
    const world = makeWorld();
    world.quotas.update({ user: 'alice' }, { request_percentage: '1' });
    await world.clock.advance(SECOND_MS);
    const startedMs = world.clock.monotonicMs() - 2;
    const context = world.context({ startedMs, elsewhereMs: 38 });
    expect(await holding(world, { errorCode: 0 }).handle({} as never, context)).toEqual({ errorCode: 0 });
    expect(percentOf(world)).toBe(0.4);
    context.networkCharge!(50);
    expect(percentOf(world)).toBe(0.9);
    // Whoever is over with that pays with the next request.
    context.networkCharge!(30);
    const next = world.context({ startedMs: world.clock.monotonicMs() });
    expect(await holding(world, { errorCode: 0 }).handle({} as never, next)).toMatchObject({ throttleTimeMs: 1000 });
    expect([...world.quotas.request.usages()]).toEqual([
      { user: 'alice', clientId: '', perSecond: expect.closeTo(1.2), throttleTimeMs: 1000 },
    ]);
    expect(world.quotas.exemptPercent).toBe(0);
  });

  test.each<readonly [string, HandlerResult<object>, Api]>([
    ['brokers among themselves', { errorCode: 0 }, UpdateMetadata as unknown as Api],
    ['producers that want no answer', NO_ANSWER, Produce as unknown as Api],
  ])('the time of %s is counted as exempt', async (_, result, api) => {
    const world = makeWorld();
    const context = world.context({ startedMs: world.clock.monotonicMs() - 300 });
    await holding(world, result, api).handle({} as never, context);
    expect([world.quotas.exemptPercent, context.networkCharge]).toEqual([0, null]);
    world.quotas.update({ user: null }, { request_percentage: '1' });
    await holding(world, result, api).handle({} as never, context);
    // Over two windows of 30 s, the first of which is taken as whole.
    expect(world.quotas.exemptPercent).toBe(30 / 30);
    context.networkCharge!(600);
    expect(world.quotas.exemptPercent).toBe(90 / 30);
    expect([...world.quotas.request.usages()]).toEqual([]);
  });

  test('what the handler itself asks for counts where it is longer', async () => {
    const world = makeWorld();
    world.quotas.update({ user: 'alice' }, { controller_mutation_rate: '1' });
    expect(await handleSlowly(world, { errorCode: 0, throttleTimeMs: 4000 })).toEqual({
      errorCode: 0,
      throttleTimeMs: 4000,
    });
    expect(world.muted).toEqual([4000]);
    expect([...world.quotas.controllerMutation.usages()]).toMatchObject([{ user: 'alice', throttleTimeMs: 4000 }]);
  });
});

test('a principal’s user is what follows its type', () => {
  const { quotas, context, services } = makeWorld();
  quotas.update({ user: 'CN=a:b,O=c' }, { producer_byte_rate: '1' });
  expect(chargeProduce(services, context({ principal: 'User:CN=a:b,O=c' }))).toBe(90_000);
  expect(chargeProduce(services, context())).toBe(0);
});

test('a byte rate of zero throttles nobody, as in Kafka', () => {
  const { quotas, context, services } = makeWorld();
  quotas.update({ user: 'alice' }, { producer_byte_rate: '0' });
  expect(chargeProduce(services, context())).toBe(0);
});

test('old versions are granted what new ones are refused', () => {
  const { quotas, context, services } = makeWorld();
  quotas.update({ clientId: null }, { controller_mutation_rate: '1' });
  const permits = mutationPermits(services, context({ apiVersion: 6 }), 6);
  permits.take(21);
  expect(permits.throttleMs()).toBe(0);
  expect(() => permits.take(1)).toThrow('The throttling quota has been exceeded.');
  expect(permits.throttleMs()).toBe(10_000);
  const old = mutationPermits(services, context({ apiVersion: 5 }), 6);
  old.take(5);
  expect(old.throttleMs()).toBe(15_000);
});

describe('fetch', () => {
  const wish = (topic: string, partition: number): FetchWish =>
    ({ topic, topicId: 'x9mTn0ZqSsuHHtBYaYTJ4w', partition }) as FetchWish;
  const fetched = (bytes: number): PartitionFetch => ({
    rank: 0,
    error: null,
    partition: null,
    slice: { ...EMPTY_SLICE, bytes },
    highWatermark: 7,
    lastStableOffset: 7,
    logStartOffset: 0,
    abortedTransactions: null,
    divergingEpoch: null,
    preferredReadReplica: -1,
  });
  const session = (init: Partial<FetchContext> = {}): FetchContext =>
    ({ isFollower: false, throttledSessionId: 5, preview: () => () => true, ...init }) as FetchContext;

  test.each([4, 11, 12, 16])('an answer’s size is known before it is made: version %i', (apiVersion) => {
    const { quotas, context, services } = makeWorld();
    // One byte in ten seconds is held back for a second: the throttle time tells the size.
    quotas.update({ user: 'alice' }, { consumer_byte_rate: '1' });
    const wishes = [wish('t', 0), wish('t', 1), wish('other', 0)];
    const bytes = [200, 0, 130];
    const answer = throttledFetch(services, context({ apiVersion }), session(), wishes, bytes.map(fetched), []);
    const partitions = bytes.map((length, index) => ({
      partitionIndex: wishes[index]!.partition,
      errorCode: 0,
      highWatermark: 7,
      abortedTransactions: null,
      records: Buffer.alloc(length),
    }));
    const { topicId } = wishes[0]!;
    const responses = [
      { topic: 't', topicId, partitions: partitions.slice(0, 2) },
      { topic: 'other', topicId, partitions: partitions.slice(2) },
    ];
    const size = 4 + encoded(apiVersion, { responses });
    expect(answer).toEqual({ throttleTimeMs: size * 1000 - 10_000, sessionId: 5, responses: [] });
  });

  test('what a throttled fetch would have read is taken back', async () => {
    const { quotas, context, services, clock, muted } = makeWorld();
    quotas.update({ user: 'alice' }, { consumer_byte_rate: '1000' });
    const fetchOf = (bytes: number) =>
      throttledFetch(services, context(), session(), [wish('t', 0)], [fetched(bytes)], []);
    expect(fetchOf(20_000)!.throttleTimeMs).toBeGreaterThan(10_000);
    expect(fetchOf(9_000)).toBeNull();
    expect(muted.length).toBe(1);
    await clock.advance(1);
    expect(fetchOf(2_000)!.throttleTimeMs).toBeGreaterThan(1_000);
  });

  test('followers are held to no client’s quota', () => {
    const { quotas, context, services } = makeWorld();
    quotas.update({ user: null }, { consumer_byte_rate: '1', request_percentage: '0.1' });
    const answer = throttledFetch(
      services,
      context(),
      session({ isFollower: true }),
      [wish('t', 0)],
      [fetched(1e6)],
      [],
    );
    expect(answer).toBeNull();
  });

  test('the time of followers is counted as exempt', () => {
    const { quotas, context, services, clock } = makeWorld();
    quotas.update({ user: null }, { request_percentage: '0.1' });
    const started = context({ startedMs: clock.monotonicMs() - 300 });
    throttledFetch(services, started, session({ isFollower: true }), [], [], []);
    expect(quotas.exemptPercent).toBe(1);
    expect([...quotas.request.usages()]).toEqual([]);
  });

  test('it is told which quota a fetch was throttled for', () => {
    const { quotas, context, services, clock } = makeWorld();
    quotas.update({ user: 'alice' }, { consumer_byte_rate: '1000', request_percentage: '1000' });
    const started = context({ startedMs: clock.monotonicMs() - 1 });
    throttledFetch(services, started, session(), [wish('t', 0)], [fetched(20_000)], []);
    expect([...quotas.fetch.usages()]).toMatchObject([{ throttleTimeMs: expect.any(Number) }]);
    expect([...quotas.request.usages()]).toMatchObject([{ throttleTimeMs: null }]);
  });

  test('more than a whole window’s worth is not even read', () => {
    const { quotas, context, services } = makeWorld();
    expect(fetchableBytes(services, context())).toBe(Number.POSITIVE_INFINITY);
    quotas.update({ user: 'alice', clientId: null }, { consumer_byte_rate: '1000' });
    expect(fetchableBytes(services, context())).toBe(10_000);
    expect(fetchableBytes(services, context({ principal: 'User:bob' }))).toBe(Number.POSITIVE_INFINITY);
  });

  const encoded = (version: number, body: Parameters<ReturnType<typeof Fetch.responseCodec>['encode']>[1]): number => {
    const writer = new Writer();
    Fetch.responseCodec(version).encode(writer, body);
    return writer.length;
  };
});
