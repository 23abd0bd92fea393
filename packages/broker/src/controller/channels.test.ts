import { ManualClock } from '../env/testing/clock';
import { MemoryLoggers } from '../env/testing/logger';
import { BrokerChannels } from './channels';
import type { ControlRequest } from './requests';
import type { ControllerBroker } from './state';

function setUp() {
  const clock = new ManualClock();
  const loggers = new MemoryLoggers();
  const peers: { isGone: boolean; breaks: boolean; asked: number }[] = [];
  const answered: ControlRequest[] = [];
  const network = { isDown: false };
  const channels = new BrokerChannels({
    clock,
    logger: loggers.logger('test'),
    listenerName: 'CONTROL',
    timeoutMs: 30_000,
    onResponse: (_broker, request) => answered.push(request),
    connect: async () => {
      const peer = {
        isGone: false,
        breaks: false,
        asked: 0,
        close: () => {},
        send: async () => {
          peer.asked++;
          if (peer.breaks || network.isDown) throw new Error('disconnected');
          return { errorCode: 0 };
        },
      };
      peers.push(peer);
      return peer as never;
    },
  });
  const endpoints = new Map([['CONTROL', { host: 'h', port: 1 }]]);
  channels.add({ id: 1, endpoints } as unknown as ControllerBroker);
  const send = async (): Promise<void> => {
    channels.send(new Map([[1, [{ type: 'update-metadata', request: {} } as unknown as ControlRequest]]]));
    await clock.settle();
  };
  return { clock, loggers, peers, answered, network, send };
}

test('a request is repeated over a new connection until it is answered', async () => {
  const { clock, loggers, peers, answered, send } = setUp();
  await send();
  peers[0]!.breaks = true;
  await send();
  expect([peers.length, answered.length]).toEqual([1, 1]);
  await clock.advance(100);
  expect([peers.length, answered.length]).toEqual([2, 2]);
  expect(loggers.messages('warn')).toEqual([expect.stringContaining('is sent again every 100 ms: disconnected')]);
});

test('a connection that has ended while nobody used it is made anew, at once', async () => {
  const { loggers, peers, answered, send } = setUp();
  await send();
  peers[0]!.isGone = true;
  await send();
  await send();
  expect(peers.map(({ asked }) => asked)).toEqual([1, 2]);
  expect(answered).toHaveLength(3);
  expect(loggers.lines).toEqual([]);
});

test('a broker that is out of reach for long is told of every ten seconds', async () => {
  const { clock, loggers, answered, network, send } = setUp();
  network.isDown = true;
  await send();
  await clock.advance(25_000);
  expect(loggers.messages('warn')).toHaveLength(3);
  network.isDown = false;
  await clock.advance(100);
  expect(answered).toHaveLength(1);
  network.isDown = true;
  await send();
  expect(loggers.messages('warn')).toHaveLength(4);
});
