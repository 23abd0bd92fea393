import type { BrokerEndpoint } from '../cluster/metadata';
import type { Processes } from '../cluster/processes';
import { ManualClock } from '../env/testing/clock';
import type { ControllerInOffice, ZooKeeperStore } from '../zookeeper/store';
import { EarlyNotice } from './early-notice';
import { FalseAlarms } from './false-alarms';
import type { ControllerBroker } from './state';
import { Succession } from './succession';

const MINUTE_MS = 60_000;
const endpoint: BrokerEndpoint = { host: 'h', port: 9092, securityProtocol: 0 };
const broker = (id: number, epoch = 1): ControllerBroker => ({
  id,
  epoch,
  rack: null,
  endpoints: new Map([['PLAINTEXT', endpoint]]),
});

function world() {
  const clock = new ManualClock();
  const falseAlarms = new FalseAlarms();
  const [watched, closed, events, probedMs] = [[], [], [], []] as [number[], number[], string[], number[]];
  const here = { isServing: false };
  const processes: Processes = {
    watch: ({ port }) => {
      watched.push(port);
      return { close: () => closed.push(port) };
    },
    isRefused: async () => true,
    serves: async () => {
      probedMs.push(clock.monotonicMs());
      return here.isServing;
    },
  };
  const early = new EarlyNotice({
    processes,
    clock,
    falseAlarms,
    ownId: 0,
    listenerName: 'PLAINTEXT',
    onGone: ({ id }) => events.push(`gone ${id}`),
    onServing: ({ id }) => events.push(`serving ${id}`),
  });
  return { clock, falseAlarms, processes, early, watched, closed, events, probedMs, here };
}

describe('who is presumed dead', () => {
  test('is asked every two seconds in the end, until the answer comes', async () => {
    const { clock, early, events, probedMs, here } = world();
    early.probe(broker(1));
    await clock.advance(10_000);
    expect(probedMs).toEqual([500, 1_500, 3_500, 5_500, 7_500, 9_500]);
    expect(events).toEqual([]);
    here.isServing = true;
    await clock.advance(MINUTE_MS);
    expect(events).toEqual(['serving 1']);
    expect(clock.timers).toBe(0);
  });

  test('waits twice as long after every false alarm, half a minute at most, and no longer once it has been quiet', async () => {
    const { clock, early, events, probedMs, here } = world();
    here.isServing = true;
    const waits: number[] = [];
    for (let round = 0; round < 8; round++) {
      const sinceMs = clock.monotonicMs();
      early.probe(broker(1));
      await clock.advance(30_000);
      waits.push(probedMs.at(-1)! - sinceMs);
      early.noteFalseAlarm(broker(1));
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(events).toHaveLength(8);
    await clock.advance(10 * MINUTE_MS);
    const sinceMs = clock.monotonicMs();
    early.probe(broker(1));
    await clock.advance(30_000);
    expect(probedMs.at(-1)! - sinceMs).toBe(500);
  });

  test('is forgotten when it is watched, when it is gone, and when the term ends', async () => {
    const { clock, early, events, watched, closed, here } = world();
    here.isServing = true;
    early.probe(broker(1));
    early.watch(broker(1));
    early.probe(broker(2));
    early.forget(2);
    early.probe(broker(3));
    early.close();
    await clock.advance(MINUTE_MS);
    expect({ events, watched, closed }).toEqual({ events: [], watched: [9092], closed: [9092] });
    expect(clock.timers).toBe(0);
  });

  test('an answer that comes after it was forgotten is of no interest', async () => {
    const { clock, early, events, processes } = world();
    let answer = (_isServing: boolean): void => {};
    processes.serves = () => new Promise((resolve) => (answer = resolve));
    early.probe(broker(1));
    await clock.advance(500);
    early.forget(1);
    answer(true);
    await clock.settle();
    expect(events).toEqual([]);
    expect(clock.timers).toBe(0);
  });
});

test('nobody watches their own process, or one that does not listen where the controller talks', () => {
  const { early, watched } = world();
  early.watch(broker(0));
  early.watch({ ...broker(1), endpoints: new Map([['OTHER', endpoint]]) });
  expect(watched).toEqual([]);
  early.watch(broker(2));
  expect(watched).toEqual([9092]);
});

test('a false alarm is of one process: the next under the same id is as good as any', () => {
  const falseAlarms = new FalseAlarms();
  falseAlarms.note(1, 7, 0);
  falseAlarms.note(1, 7, 1);
  expect([falseAlarms.count(1, 7, 2), falseAlarms.count(1, 8, 2), falseAlarms.count(2, 7, 2)]).toEqual([2, 0, 0]);
});

describe('the controller', () => {
  const office: ControllerInOffice = {
    epochZkVersion: 5,
    broker: {
      epoch: 1,
      info: {
        id: 1,
        version: 5,
        endpoints: [{ listenerName: 'PLAINTEXT', host: 'h', port: 9092, securityProtocol: 'PLAINTEXT' }],
        rack: null,
        jmxPort: -1,
        features: new Map(),
      },
    },
  };
  const store = { getControllerInOffice: async () => office } as unknown as ZooKeeperStore;

  test('is watched, one at a time', async () => {
    const { clock, falseAlarms, processes, watched, closed } = world();
    const options = { store, clock, falseAlarms, listenerName: 'PLAINTEXT', onGone: () => {} };
    const succession = new Succession({ ...options, processes });
    await succession.follow();
    await succession.follow();
    expect({ watched, closed }).toEqual({ watched: [9092, 9092], closed: [9092] });
    succession.close();
    expect(closed).toHaveLength(2);
    await new Succession({ ...options, processes: null }).follow();
    expect(watched).toHaveLength(2);
  });

  test('is left to ZooKeeper by whoever was wrong about it', async () => {
    const { clock, falseAlarms, processes, watched } = world();
    const options = { store, processes, clock, listenerName: 'PLAINTEXT', onGone: () => {} };
    falseAlarms.note(1, 1, clock.monotonicMs());
    await new Succession({ ...options, falseAlarms }).follow();
    expect(watched).toEqual([]);
    await clock.advance(10 * MINUTE_MS);
    await new Succession({ ...options, falseAlarms }).follow();
    expect(watched).toEqual([9092]);
  });
});
