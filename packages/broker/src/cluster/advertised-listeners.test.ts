import type { Logger } from '../env/logger';
import { silentLoggers } from '../env/logger';
import { type Connection, ConnectionRefusedError, type ConnectOptions } from '../env/network';
import { checkAdvertisedListeners, type ListenerEndpoint } from './advertised-listeners';

const EVERYWHERE: ListenerEndpoint[] = [
  { listenerName: 'INSIDE', host: null, port: 29092 },
  { listenerName: 'OUTSIDE', host: null, port: 9092 },
];

/** What is logged where these hosts cannot be reached, and how many connections are left open. */
async function check(
  unreachable: Readonly<Record<string, Error>>,
  bound = EVERYWHERE,
): Promise<{ lines: string[]; open: number }> {
  const lines: string[] = [];
  let open = 0;
  const log = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const logger: Logger = { ...silentLoggers.logger('test'), error: log('ERROR'), warn: log('WARN') };
  await checkAdvertisedListeners({
    endpoints: [
      { listenerName: 'INSIDE', host: 'kafka', port: 29092 },
      { listenerName: 'OUTSIDE', host: 'example.org', port: 9092 },
    ],
    bound,
    interBrokerListenerName: 'INSIDE',
    logger,
    network: {
      async connect({ host }: ConnectOptions) {
        const failure = unreachable[host];
        if (failure) throw failure;
        open++;
        return { destroy: () => void open-- } as unknown as Connection;
      },
    },
  });
  return { lines, open };
}

test('nothing is said of addresses that lead here, and no connection is left', async () => {
  expect(await check({})).toEqual({ lines: [], open: 0 });
});

test('what clients are told is a warning with the setting to change', async () => {
  const { lines } = await check({ 'example.org': new ConnectionRefusedError('refused') });
  expect(lines).toEqual([
    'WARN Clients that come in by the listener OUTSIDE are sent to example.org:9092, which cannot be reached from here (nothing listens there). If it cannot from where they are, set advertised.listeners=INSIDE://kafka:29092,OUTSIDE://HOST:PORT with the HOST and PORT where they reach it, and start again.',
  ]);
});

test('what other brokers are told is an error', async () => {
  const { lines } = await check({ kafka: new Error('getaddrinfo ENOTFOUND kafka') });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^ERROR Other brokers are told to reach this one at kafka:29092.*ENOTFOUND kafka.*advertised\.listeners=INSIDE:\/\/HOST:PORT,OUTSIDE:\/\/example\.org:9092 /,
  );
});

test('where it listens for its own machine alone, that is the setting to change', async () => {
  const bound = [EVERYWHERE[0]!, { ...EVERYWHERE[1]!, host: '127.0.0.1' }];
  const { lines } = await check({ 'example.org': new ConnectionRefusedError('refused') }, bound);
  expect(lines).toEqual([
    expect.stringContaining(
      'set listeners=INSIDE://:29092,OUTSIDE://:9092, for it listens at 127.0.0.1, which is this machine',
    ),
  ]);
});
