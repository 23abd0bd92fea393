import { AllocateProducerIds } from '@odradek/protocol/messages/allocate-producer-ids';
import { ControlledShutdown } from '@odradek/protocol/messages/controlled-shutdown';
import type { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { silentLoggers } from '../env/logger';
import { ManualClock } from '../env/testing/clock';
import { ControllerLink, NoControllerError } from './controller-link';
import { MetadataCache } from './metadata-cache';
import type { Peer } from './peers';

interface Asked {
  readonly port: number;
  readonly api: string;
  answer(response: object): void;
  breakOff(): void;
}

function setUp() {
  const clock = new ManualClock();
  const metadata = new MetadataCache(clock);
  const asked: Asked[] = [];
  const connections: number[] = [];
  const peers: { isGone: boolean }[] = [];
  const refused = new Set<number>();
  const link = new ControllerLink({
    metadata,
    clock,
    logger: silentLoggers.logger('test'),
    listenerName: 'CONTROL',
    socketTimeoutMs: 30_000,
    connect: ({ port }) => {
      if (refused.has(port)) return Promise.reject(new Error('refused'));
      connections.push(port);
      const close = (): void => {
        connections.splice(connections.indexOf(port), 1);
      };
      const send = ({ name }: { name: string }) =>
        new Promise((resolve, reject) => {
          asked.push({ port, api: name, answer: resolve, breakOff: () => reject(new Error('disconnected')) });
        });
      const peer = { send, close, isGone: false };
      peers.push(peer);
      return Promise.resolve(peer as unknown as Peer);
    },
  });
  const controller = (id: number): void => {
    metadata.update({
      controllerId: id,
      topicStates: [],
      ungroupedPartitionStates: [],
      liveBrokers: [1, 2].map((broker) => ({
        id: broker,
        rack: null,
        endpoints: [
          { listener: 'CLIENTS', host: 'h', port: 9000 + broker, securityProtocol: 0 },
          { listener: 'CONTROL', host: 'h', port: broker, securityProtocol: 0 },
        ],
      })),
    } as unknown as RequestOf<typeof UpdateMetadata>);
  };
  const allocate = (timeoutMs?: number) => link.send(AllocateProducerIds, 0, { brokerId: 1 }, { timeoutMs });
  return { clock, asked, connections, peers, refused, link, controller, allocate };
}

const BLOCK = { errorCode: 0, producerIdStart: 0, producerIdLen: 1000 };
const NOT_CONTROLLER = { errorCode: 41 };

test('a request waits for the first controller, and all share its connection', async () => {
  const { clock, asked, connections, controller, allocate, link } = setUp();
  const first = allocate();
  await clock.advance(5000);
  expect(asked).toEqual([]);
  controller(2);
  await clock.settle();
  const second = link.send(ControlledShutdown, 3, { brokerId: 1 });
  await clock.settle();
  expect(asked.map(({ port, api }) => [port, api])).toEqual([
    [2, 'AllocateProducerIds'],
    [2, 'ControlledShutdown'],
  ]);
  expect(connections).toEqual([2]);
  asked[0]!.answer(BLOCK);
  asked[1]!.answer({ errorCode: 0, remainingPartitions: [] });
  await expect(first).resolves.toEqual(BLOCK);
  await expect(second).resolves.toMatchObject({ errorCode: 0 });
  expect(clock.timers).toBe(0);
});

test('one that is not the controller is asked again, not at once, until the metadata names another', async () => {
  const { clock, asked, connections, controller, allocate } = setUp();
  controller(1);
  const answer = allocate();
  await clock.settle();
  asked[0]!.answer(NOT_CONTROLLER);
  await clock.settle();
  expect(asked).toHaveLength(1);
  await clock.advance(100);
  expect(asked.map(({ port }) => port)).toEqual([1, 1]);
  asked[1]!.answer(NOT_CONTROLLER);
  await clock.settle();
  controller(2);
  await clock.settle();
  expect(asked.map(({ port }) => port)).toEqual([1, 1, 2]);
  expect(connections).toEqual([2]);
  asked[2]!.answer(BLOCK);
  await expect(answer).resolves.toEqual(BLOCK);
});

test('what one still owes is asked of the next as soon as there is one', async () => {
  const { clock, asked, connections, controller, allocate } = setUp();
  controller(1);
  const answer = allocate();
  await clock.settle();
  controller(2);
  await clock.settle();
  expect(asked.map(({ port }) => port)).toEqual([1, 2]);
  asked[0]!.answer({ ...BLOCK, producerIdStart: 7000 });
  asked[1]!.answer(BLOCK);
  await expect(answer).resolves.toEqual(BLOCK);
  expect(connections).toEqual([2]);
});

test('a broken connection and a refused one are tried again', async () => {
  const { clock, asked, refused, controller, allocate } = setUp();
  controller(1);
  const answer = allocate();
  await clock.settle();
  refused.add(1);
  asked[0]!.breakOff();
  await clock.advance(1000);
  expect(asked).toHaveLength(1);
  refused.clear();
  await clock.advance(100);
  asked[1]!.answer(BLOCK);
  await expect(answer).resolves.toEqual(BLOCK);
});

test('a connection that has ended while nobody used it is made anew, without a pause', async () => {
  const { clock, asked, peers, controller, allocate } = setUp();
  controller(1);
  for (let i = 0; i < 3; i++) {
    const answer = allocate();
    await clock.settle();
    asked[i]!.answer(BLOCK);
    await expect(answer).resolves.toEqual(BLOCK);
    if (i === 0) peers[0]!.isGone = true;
  }
  expect(asked).toHaveLength(3);
  expect(peers).toHaveLength(2);
});

test('the metadata of every update leaves a connection to the same controller alone', async () => {
  const { clock, asked, controller, allocate } = setUp();
  controller(1);
  const answer = allocate();
  await clock.settle();
  controller(1);
  await clock.settle();
  expect(asked).toHaveLength(1);
  asked[0]!.answer(BLOCK);
  await expect(answer).resolves.toEqual(BLOCK);
});

test('an answer may refuse in words of its own', async () => {
  const { clock, asked, controller, link } = setUp();
  controller(1);
  const isRefusal = ({ producerIdLen }: { producerIdLen: number }): boolean => producerIdLen === 0;
  const answer = link.send(AllocateProducerIds, 0, { brokerId: 1 }, { isRefusal });
  await clock.settle();
  asked[0]!.answer({ ...BLOCK, producerIdLen: 0 });
  await clock.advance(100);
  asked[1]!.answer(BLOCK);
  await expect(answer).resolves.toEqual(BLOCK);
});

test('its time ends a request, whatever it waits for, and nothing goes on after it', async () => {
  const { clock, asked, controller, allocate } = setUp();
  const nobody = allocate(1000);
  const rejected = expect(nobody).rejects.toThrow(
    new NoControllerError('No controller has answered AllocateProducerIds within 1000 ms'),
  );
  await clock.advance(1100);
  await rejected;
  controller(1);
  const silent = expect(allocate(1000)).rejects.toThrow(NoControllerError);
  await clock.advance(1100);
  await silent;
  asked[0]!.answer(NOT_CONTROLLER);
  await clock.advance(10_000);
  expect(asked).toHaveLength(1);
  expect(clock.timers).toBe(0);
});

test('once closed nothing waits any more', async () => {
  const { clock, connections, controller, allocate, link } = setUp();
  const waiting = expect(allocate()).rejects.toThrow(NoControllerError);
  await clock.settle();
  link.close();
  await waiting;
  expect(clock.timers).toBe(0);
  const other = setUp();
  other.controller(1);
  const asking = expect(other.allocate(1000)).rejects.toThrow(NoControllerError);
  await other.clock.settle();
  other.link.close();
  await asking;
  await other.clock.settle();
  expect([other.clock.timers, other.connections]).toEqual([0, []]);
  await expect(other.allocate()).rejects.toThrow(NoControllerError);
  controller(2);
  await clock.settle();
  expect(connections).toEqual([]);
});
