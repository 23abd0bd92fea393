import type { Connection, Listening, Network } from '../env/network';
import { ManualClock } from '../env/testing/clock';
import { MemoryNetwork } from '../env/testing/network';
import { isRefused, ProcessWatch } from './process-watch';

const address = { host: 'b', port: 9092 };

/** A process that listens, or not, and may lose its connections; the network between may be cut. */
class World {
  readonly clock = new ManualClock();
  private readonly memory = new MemoryNetwork(this.clock);
  private listening: Listening | null = null;
  accepted: Connection[] = [];
  attempts = 0;
  isCut = false;
  gone = 0;
  closed = 0;

  readonly network: Network = {
    listen: (options, accept) => this.memory.listen(options, accept),
    resolve: (host) => this.memory.resolve(host),
    connect: (options) => {
      this.attempts++;
      return this.isCut ? Promise.reject(new Error('no connection within 2000 ms')) : this.memory.connect(options);
    },
  };

  async listen(): Promise<void> {
    this.listening = await this.memory.listen({ ...address, backlog: 1 }, (connection) => {
      this.accepted.push(connection);
      connection.start({ target: () => Buffer.alloc(1), received: () => true, closed: () => this.closed++ });
    });
  }

  async stopListening(): Promise<void> {
    await this.listening?.close();
  }

  cutConnections(): void {
    for (const connection of this.accepted.splice(0)) connection.destroy();
  }

  async kill(): Promise<void> {
    await this.stopListening();
    this.cutConnections();
  }

  watch(): ProcessWatch {
    return new ProcessWatch(this, address, () => this.gone++);
  }
}

let world: World;
let watch: ProcessWatch;

beforeEach(async () => {
  world = new World();
  await world.listen();
  watch = world.watch();
  await world.clock.advance(5_000);
  expect(world.attempts).toBe(1);
});

afterEach(async () => {
  watch.close();
  await world.clock.settle();
  expect(world.clock.timers).toBe(0);
});

test('a process that was killed: known within a quarter of a second, told once', async () => {
  await world.kill();
  await world.clock.advance(150);
  expect(world.gone).toBe(0);
  await world.clock.advance(100);
  expect(world.gone).toBe(1);
  const { attempts } = world;
  await world.clock.advance(60_000);
  expect(world).toMatchObject({ gone: 1, attempts });
});

test('a listener that is closed while its connections live on says nothing', async () => {
  await world.stopListening();
  await world.clock.advance(60_000);
  expect(world).toMatchObject({ gone: 0, attempts: 1 });
});

test('a listener that is opened anew in time', async () => {
  await world.kill();
  await world.clock.advance(150);
  await world.listen();
  await world.clock.advance(60_000);
  expect(world.gone).toBe(0);
  expect(world.accepted).toHaveLength(1);
});

test('a connection that is lost is made again at once, and watched again', async () => {
  for (let round = 0; round < 3; round++) {
    world.cutConnections();
    await world.clock.advance(2_000);
    expect(world.accepted).toHaveLength(1);
  }
  await world.kill();
  await world.clock.advance(250);
  expect(world.gone).toBe(1);
});

test('one who takes connections and ends them is not asked all the time', async () => {
  const before = world.attempts;
  for (let round = 0; round < 600; round++) {
    world.cutConnections();
    await world.clock.advance(100);
  }
  expect(world.attempts - before).toBeLessThan(15);
});

test('a network that is cut proves nothing, however long; what follows it may', async () => {
  world.isCut = true;
  world.cutConnections();
  await world.clock.advance(600_000);
  expect(world.gone).toBe(0);
  expect(world.attempts).toBeLessThan(80);
  // The host is back before its broker is.
  await world.stopListening();
  world.isCut = false;
  await world.clock.advance(10_250);
  expect(world.gone).toBe(1);
});

test('silence between refusals: they count anew', async () => {
  await world.kill();
  await world.clock.advance(150);
  world.isCut = true;
  await world.clock.advance(100);
  world.isCut = false;
  await world.clock.advance(350);
  expect(world.gone).toBe(0);
  await world.clock.advance(50);
  expect(world.gone).toBe(1);
});

test('one who has not accepted anything yet may refuse: Kafka registers before it listens', async () => {
  const young = new World();
  const its = young.watch();
  await young.clock.advance(5_000);
  expect(young.gone).toBe(0);
  await young.listen();
  await young.clock.advance(10_000);
  expect(young.accepted).toHaveLength(1);
  await young.kill();
  await young.clock.advance(250);
  expect(young.gone).toBe(1);
  its.close();
});

test('one who is known to have accepted others is gone if it refuses from the start', async () => {
  await world.kill();
  let gone = 0;
  const its = new ProcessWatch(world, address, () => gone++, true);
  await world.clock.advance(199);
  expect(gone).toBe(0);
  await world.clock.advance(1);
  expect(gone).toBe(1);
  its.close();
});

test('whoever stops watching hears nothing any more', async () => {
  await world.kill();
  await world.clock.advance(50);
  watch.close();
  await world.clock.advance(10_000);
  expect(world.gone).toBe(0);
});

test('one who stops while a connection is being made closes it', async () => {
  const its = world.watch();
  its.close();
  await world.clock.settle();
  await world.clock.settle();
  expect(world.accepted).toHaveLength(2);
  expect(world.closed).toBe(1);
});

test('asked once', async () => {
  expect(await isRefused(world, address)).toBe(false);
  world.isCut = true;
  expect(await isRefused(world, address)).toBe(false);
  await world.kill();
  world.isCut = false;
  expect(await isRefused(world, address)).toBe(true);
});
