import { type Connection, ConnectionRefusedError } from '../network';
import { SimulatedTime } from './clock';
import { Fabric } from './fabric';
import { SimulatedNetwork } from './network';
import { SeededRandom } from './random';

function world() {
  const random = new SeededRandom(7);
  const time = new SimulatedTime(random);
  const fabric = new Fabric(time, random);
  const machine = (name: string) => {
    const process = time.process(name);
    return {
      process,
      host: fabric.host(name),
      network: new SimulatedNetwork(fabric, fabric.host(name), process, random),
    };
  };
  return { time, fabric, server: machine('server'), client: machine('client') };
}

/** Notes all that a connection hears. */
function hear(connection: Connection, bytes = 64): { received: string; events: string[] } {
  const heard = { received: '', events: [] as string[] };
  const target = Buffer.alloc(bytes);
  connection.start({
    target: () => target,
    received: (length) => {
      heard.received += target.toString('latin1', 0, length);
      return true;
    },
    ended: () => {
      heard.events.push('ended');
      connection.end();
    },
    closed: (reason) => heard.events.push(reason ? reason.message : 'closed'),
  });
  return heard;
}

const ADDRESS = { host: 'server', port: 9092, timeoutMs: 5_000 };

async function connected() {
  const all = world();
  const accepted: Connection[] = [];
  await all.server.network.listen({ host: '', port: 9092, backlog: 1 }, (connection) => accepted.push(connection));
  const connecting = all.client.network.connect(ADDRESS);
  await all.time.runUntil(100);
  const near = await connecting;
  return { ...all, near, far: accepted[0]! };
}

/** What becomes of an attempt, and when. */
function attempt({ client, time }: ReturnType<typeof world>): { outcome: string; atMs: number } {
  const result = { outcome: 'pending', atMs: 0 };
  const note = (outcome: string): void => {
    Object.assign(result, { outcome, atMs: Math.round(time.nowMs) });
  };
  client.network.connect(ADDRESS).then(
    () => note('connected'),
    (error: Error) => note(error instanceof ConnectionRefusedError ? 'refused' : error.message),
  );
  return result;
}

test('bytes arrive in order and complete, however they are cut, and an end comes after them', async () => {
  const { time, near, far } = await connected();
  const heard = hear(far);
  const answers = hear(near);
  const text = Array.from({ length: 200_000 }, (_, index) => String.fromCharCode(97 + (index % 26))).join('');
  let written = 0;
  for (let at = 0; at < text.length; at += 10_000)
    near.write([Buffer.from(text.slice(at, at + 10_000))], () => written++);
  near.end();
  await time.runUntil(60_000);
  expect(heard.received === text).toBe(true);
  expect(heard.events).toEqual(['ended', 'closed']);
  expect(answers.events).toEqual(['closed']);
  expect(written).toBe(20);
});

test('who is slow to read slows the sender down', async () => {
  const { time, near, far, server } = await connected();
  hear(near);
  const target = Buffer.alloc(1_000);
  let received = 0;
  const take = (bytes: number): boolean => {
    received += bytes;
    return false;
  };
  far.start({ target: () => target, received: take, closed: () => {} });
  near.write([Buffer.alloc(1_000_000)]);
  await time.runUntil(5_000);
  expect(received).toBeLessThanOrEqual(1_000);
  expect(near.queuedBytes).toBeGreaterThan(700_000);
  const resuming = server.process.every(1, () => far.resume());
  await time.runUntil(20_000);
  resuming.cancel();
  expect(received).toBe(1_000_000);
  expect(near.queuedBytes).toBe(0);
});

test('a live host where nobody listens refuses, one that is cut off or without power is silent', async () => {
  const refusing = world();
  const refused = attempt(refusing);
  await refusing.time.runUntil(6_000);
  expect(refused.outcome).toBe('refused');
  expect(refused.atMs).toBeLessThan(100);
  for (const hide of [
    ({ fabric }: ReturnType<typeof world>) => fabric.cut('server', 'client'),
    ({ fabric }: ReturnType<typeof world>) => fabric.cut('client', 'server'),
    ({ server }: ReturnType<typeof world>) => {
      server.host.isUp = false;
    },
  ]) {
    const silent = world();
    hide(silent);
    const result = attempt(silent);
    await silent.time.runUntil(6_000);
    expect(result).toEqual({ outcome: 'no connection to server:9092 within 5000 ms', atMs: 5_000 });
  }
});

test('the system accepts for a process that is paused', async () => {
  const all = world();
  const accepted: Connection[] = [];
  await all.server.network.listen({ host: '', port: 9092, backlog: 1 }, (connection) => accepted.push(connection));
  all.server.process.pause();
  const result = attempt(all);
  await all.time.runUntil(1_000);
  expect([result.outcome, accepted.length]).toEqual(['connected', 0]);
  all.server.process.resume();
  await all.time.runUntil(2_000);
  expect(accepted).toHaveLength(1);
});

test('the end of a process resets its connections; without power nobody hears of it until the host is back', async () => {
  const killed = await connected();
  const heard = hear(killed.near);
  killed.server.process.kill();
  await killed.time.runUntil(1_000);
  expect(heard.events).toEqual(['read ECONNRESET']);

  const dark = await connected();
  const silence = hear(dark.near);
  dark.server.host.isUp = false;
  dark.server.process.kill();
  dark.near.write([Buffer.from('anybody there?')]);
  await dark.time.runUntil(60_000);
  expect(silence.events).toEqual([]);
  dark.server.host.isUp = true;
  dark.fabric.retransmit();
  await dark.time.runUntil(70_000);
  expect(silence.events).toEqual(['read ECONNRESET']);
});

test('a host may refuse for a while whom a process listens to: connections are reset for both, new ones come again after it', async () => {
  const all = await connected();
  const [near, far] = [hear(all.near), hear(all.far)];
  const listenAgain = all.server.host.refuse(ADDRESS.port);
  const refused = attempt(all);
  await all.time.runUntil(1_000);
  expect([near.events, far.events]).toEqual([['read ECONNRESET'], ['read ECONNRESET']]);
  expect(refused.outcome).toBe('refused');
  listenAgain();
  const taken = attempt(all);
  await all.time.runUntil(2_000);
  expect(taken.outcome).toBe('connected');
});

test('what is sent into a cut arrives, in order, once it has healed', async () => {
  const { time, fabric, near, far } = await connected();
  const heard = hear(far);
  const answers = hear(near);
  fabric.cut('client', 'server');
  near.write([Buffer.from('one ')]);
  await time.runUntil(10_000);
  near.write([Buffer.from('two')]);
  far.write([Buffer.from('the other way is open')]);
  await time.runUntil(20_000);
  expect([heard.received, answers.received]).toEqual(['', 'the other way is open']);
  fabric.heal('client', 'server');
  await time.runUntil(30_000);
  expect(heard.received).toBe('one two');
});
