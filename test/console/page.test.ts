import http from 'node:http';
import { Kafka, logLevel } from 'kafkajs';
import { Browser, type BrowserPage } from '../support/browser';
import { Cluster } from '../support/cluster';
import { freePort } from '../support/ports';
import { LOW_CONTRAST, NAMELESS } from './contrast';
import { Load } from './load';

/** The console's page in a real browser, on three brokers under load. */

jest.setTimeout(180_000);

const MINUTE_MS = 60_000;
/** Whole minutes, and not so old that retention would delete it. */
const BASE_MS = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 120 * MINUTE_MS;
const MARKUP = '<img src=x onerror="window.isStolen=1"><script>window.isStolen=1</script>';
const MARKUP_GROUP = '<b onclick=x>group</b>';

let cluster: Cluster;
let browser: Browser;
let page: BrowserPage;
let kafka: Kafka;
let load: Load;
/** Of broker 0's console, which only shows, and of broker 1's, which may change. */
let shows: string;
let changes: string;

beforeAll(async () => {
  const [showPort, changePort] = [await freePort(), await freePort()];
  shows = `http://127.0.0.1:${showPort}`;
  changes = `http://127.0.0.1:${changePort}`;
  const consoles = [
    { 'odradek.console.listener': `127.0.0.1:${showPort}` },
    { 'odradek.console.listener': `127.0.0.1:${changePort}`, 'odradek.console.changes': 'true' },
  ];
  [cluster, browser] = await Promise.all([
    Cluster.start({
      brokers: 3,
      settings: { 'offsets.topic.num.partitions': 3, 'auto.create.topics.enable': 'false' },
      settingsOf: (id) => consoles[id] ?? {},
    }),
    Browser.launch(),
  ]);
  kafka = new Kafka({ brokers: cluster.brokers.map(({ bootstrap }) => bootstrap), logLevel: logLevel.NOTHING });
  await fill();
  load = new Load(kafka, 'orders', 'billing');
  await load.start();
  page = await browser.newPage();
});

afterAll(async () => {
  await load?.stop();
  await browser?.close();
  await cluster?.stop();
});

beforeEach(async () => {
  await page.resize(1280, 800);
  await page.prefer('light');
});

/** No exception, nothing on the console, nothing that the content security policy had to stop. */
afterEach(() => expect(page.errors).toEqual([]));

async function fill(): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const topics = ['orders', 'catalogue', 'markup'].map((topic) => ({ topic, numPartitions: 3, replicationFactor: 3 }));
  await admin.createTopics({ topics, waitForLeaders: true });
  const producer = kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: 30 }, (_, i) => ({
    key: `sku-${i}`,
    value: JSON.stringify({ n: i, colour: i % 2 === 0 ? 'blue' : 'green' }),
    timestamp: String(BASE_MS + i * MINUTE_MS),
    headers: i % 10 === 0 ? { trace: `t-${i}` } : {},
  }));
  await producer.send({ topic: 'catalogue', messages });
  await producer.send({
    topic: 'markup',
    messages: [{ key: MARKUP, value: MARKUP, headers: { '<i>name</i>': MARKUP } }],
  });
  await producer.disconnect();
  for (const groupId of [MARKUP_GROUP, 'nightly']) {
    const partitions = [0, 1, 2].map((partition) => ({ partition, offset: '1' }));
    await admin.setOffsets({ groupId, topic: groupId === 'nightly' ? 'catalogue' : 'markup', partitions });
  }
  await admin.disconnect();
}

const untilHash = (wanted: string): Promise<void> => page.until(`location.hash === ${JSON.stringify(wanted)}`);

describe('looking', () => {
  test('the overview says that all is well, and moves', async () => {
    await page.goto(`${shows}/`);
    await page.untilText('.health', /^All \d+ partitions in sync on 3 brokers\.$/);
    const rows = await page.rows('Brokers');
    expect(rows.map(([id, state]) => [id, state])).toEqual([0, 1, 2].map((id) => [String(id), 'Alive']));
    expect(rows.filter(([, , address]) => address!.includes('controller'))).toHaveLength(1);
    expect(rows[0]![2]).toContain('this console');
    await page.untilText('.tile:last-child .number', /^[1-9]/);
    await page.until(`document.querySelector('.tile .curve polyline')`);
    expect(await page.text('.connection')).toBe('Live');
  });

  test('topics with their sizes, growing', async () => {
    await page.goto(`${shows}/#/topics`);
    const at = (rows: string[][]): number => Number(rows.find(([name]) => name === 'orders')?.[4]?.replace(/,/g, ''));
    const before = at(await page.untilRows('Topics', (rows) => rows.length === 3));
    await page.untilRows('Topics', (rows) => at(rows) > before);
    expect(await page.text('table[aria-label="Topics"]')).not.toContain('__consumer_offsets');
    await page.click('.check input');
    await page.untilRows('Topics', (rows) => rows.some(([name]) => name!.startsWith('__consumer_offsets')));
  });

  test('a topic: its partitions, and what was set for it', async () => {
    await page.goto(`${shows}/#/topics/orders/partitions`);
    const rows = await page.untilRows('Partitions of orders', (all) => all.length === 3);
    for (const row of rows) expect(row.slice(1, 3)).toEqual(['In sync', expect.stringMatching(/★ [012] leader/)]);
    await page.goto(`${shows}/#/topics/orders/configs`);
    await page.untilRows('Configs of orders', (all) => all.some(([name]) => name === 'retention.ms'));
  });

  test('a live tail, held and let go', async () => {
    await page.goto(`${shows}/#/topics/orders/messages`);
    await page.untilText('.search-status', /^Live/);
    const first = (await page.untilRows('Messages of orders', (rows) => rows.length > 5))[0]!;
    const newest = (rows: string[][]): string => JSON.stringify(rows[0]);
    await page.untilRows('Messages of orders', (rows) => newest(rows) !== JSON.stringify(first));
    await page.press('p');
    await page.untilText('.search-status', /^Paused/);
    const held = newest(await page.rows('Messages of orders'));
    await page.untilText('.fresh', /^Show \d+ new$/);
    expect(newest(await page.rows('Messages of orders'))).toBe(held);
    await page.press('p');
    await page.untilRows('Messages of orders', (rows) => newest(rows) !== held);
    await page.untilText('.search-status', /^Live/);
    // Who walks through it by keys reads, too: the row with the focus is not pushed away.
    await page.press('j');
    await page.until(`document.activeElement.matches('button[data-handle]')`);
    const row = await page.evaluate<string>(`document.activeElement.getAttribute('data-handle')`);
    await page.untilText('.fresh', /^Show \d\d+ new$/);
    expect(await page.evaluate(`document.activeElement.getAttribute('data-handle')`)).toBe(row);
    const read = newest(await page.rows('Messages of orders'));
    await page.press('p');
    await page.untilRows('Messages of orders', (rows) => newest(rows) !== read);
  });
});

describe('searching', () => {
  const done = (): Promise<void> => page.untilText('.search-status', /^Everything was read/);
  const keys = async (): Promise<string[]> =>
    (await page.rows('Messages of catalogue')).map((cells) => cells[3]!).sort();
  const search = async (query: string): Promise<string[]> => {
    await page.goto(`${shows}/#/topics/catalogue/messages?${query}`);
    await done();
    return keys();
  };

  test('by key', async () => {
    expect(await search('from=beginning&key=sku-7')).toEqual(['sku-7']);
  });

  test('by value, as text and as a pattern', async () => {
    expect(await search(`from=beginning&text=${encodeURIComponent('"n":12,')}`)).toEqual(['sku-12']);
    expect(await search(`from=beginning&grep=${encodeURIComponent('"n":2[0-4].*blue')}`)).toEqual([
      'sku-20',
      'sku-22',
      'sku-24',
    ]);
  });

  test('by header, with its value and without', async () => {
    expect(await search('from=beginning&header=trace')).toEqual(['sku-0', 'sku-10', 'sku-20']);
    expect(await search('from=beginning&header=trace%3Dt-10')).toEqual(['sku-10']);
  });

  test('by time', async () => {
    const [from, until] = [BASE_MS + 10 * MINUTE_MS, BASE_MS + 12 * MINUTE_MS];
    expect(await search(`from=time:${from}&until=${until}`)).toEqual(['sku-10', 'sku-11', 'sku-12']);
  });

  test('what the form says is in the address, and a mistake in it is named', async () => {
    await page.goto(`${shows}/#/topics/catalogue/messages?from=beginning`);
    await done();
    await page.fill('Value contains', 'green');
    await page.fill('Until', 'sometime');
    await page.press('Enter');
    await page.untilText('.field.until .problem', /^such as 15m/);
    await page.fill('Until', new Date(BASE_MS + 3 * MINUTE_MS).toISOString());
    await page.press('Enter');
    await untilHash(`#/topics/catalogue/messages?from=beginning&until=${BASE_MS + 3 * MINUTE_MS}&text=green`);
    await page.untilRows('Messages of catalogue', (rows) => rows.length === 2);
    await done();
    expect(await keys()).toEqual(['sku-1', 'sku-3']);
  });

  test('a record opens, with its headers and its JSON made readable', async () => {
    await search('from=beginning&key=sku-20');
    await page.click('[data-handle]');
    await page.untilText('.payload', /^\{\n {2}"n": 20,\n {2}"colour": "blue"\n\}$/);
    expect(await page.text('.headers tbody')).toBe('trace\tt-20');
  });
});

describe('groups', () => {
  const lag = (rows: string[][]): number => rows.reduce((sum, row) => sum + Number(row[3]!.replace(/,/g, '')), 0);

  test('lag moves, up and down, and the last rebalance says why it was', async () => {
    await page.goto(`${shows}/#/groups/billing`);
    await page.untilText('.note', /Last rebalance\n\nAdding new member .*\n/);
    load.hold();
    const behind = lag(await page.untilRows('Offsets of billing', (rows) => rows.length === 3 && lag(rows) > 30));
    await page.untilRows('Offsets of billing', (rows) => lag(rows) > behind);
    load.release();
    await page.untilRows('Offsets of billing', (rows) => lag(rows) < behind);
    expect(await page.rows('Members of billing')).toHaveLength(1);
  });

  test('the list of them', async () => {
    await page.goto(`${shows}/#/groups`);
    const rows = await page.untilRows('Groups', (all) => all.length === 3);
    expect(rows.map(([name, state]) => [name, state])).toEqual(
      expect.arrayContaining([
        ['billing', 'Stable'],
        ['nightly', 'Empty'],
      ]),
    );
  });
});

test('the tree of ZooKeeper, by keys', async () => {
  await page.goto(`${shows}/#/zookeeper`);
  const current = `document.activeElement.getAttribute('data-handle')`;
  const down = async (wanted: string): Promise<void> => {
    for (let presses = 0; presses < 40; presses++) {
      const before = await page.evaluate(current);
      if (before === wanted) return;
      await page.press('ArrowDown');
      await page.until(`${current} !== ${JSON.stringify(before)}`);
    }
    throw new Error(`${wanted} is not below`);
  };
  const open = async (path: string): Promise<void> => {
    await page.press('ArrowRight');
    await page.until(`document.querySelector('[data-handle^="${path}/"]')`);
  };
  await page.until(`document.querySelector('[data-handle="/brokers"]')`);
  await down('/brokers');
  await open('/brokers');
  await down('/brokers/ids');
  await open('/brokers/ids');
  await down('/brokers/ids/2');
  await page.press('Enter');
  await untilHash('#/zookeeper/brokers/ids/2');
  await page.untilText('.payload', new RegExp(`"port": ${cluster.ports[2]}`));
  expect(await page.text('.node')).toContain('ephemeral with session 0x');
});

test('from the first key to an open record and back, without a mouse', async () => {
  await page.goto(`${shows}/`);
  await page.until(`document.querySelector('table')`);
  await page.press('g', 't');
  await untilHash('#/topics');
  await page.until(`document.querySelector('main .filter')`);
  await page.press('/');
  await page.until(`document.activeElement.matches('.filter')`);
  await page.type('CATA');
  await page.untilRows('Topics', (rows) => rows.length === 1);
  // The first goes to the row, and does not open it.
  await page.press('Enter');
  await page.until(`document.activeElement.getAttribute('data-handle') === 'catalogue'`);
  expect(await page.evaluate('location.hash')).toBe('#/topics');
  await page.press('Enter');
  await untilHash('#/topics/catalogue/messages');
  await page.untilRows('Messages of catalogue', (rows) => rows.length === 30);
  await page.press('j', 'j');
  await page.until(`document.activeElement.matches('button[data-handle]')`);
  expect(await page.evaluate(`getComputedStyle(document.activeElement).outlineStyle`)).toBe('solid');
  await page.press('Enter');
  await page.untilText('.panel h2', /^Partition \d, offset \d+$/);
  const opened = await page.text('.panel h2');
  await page.press('j');
  await page.until(`document.querySelector('.panel h2').innerText !== ${JSON.stringify(opened)}`);
  await page.press('Escape');
  await page.until(`!document.querySelector('.panel')`);
  await page.press('?');
  await page.until(`document.querySelector('dialog[open] .keys')`);
  await page.press('Escape');
  await page.until(`!document.querySelector('dialog')`);
  await page.until(`document.activeElement.matches('button[data-handle]')`);
  await page.press('Escape');
  await untilHash('#/topics');
  await page.press('g', 'c');
  await untilHash('#/');
});

test('what is markup elsewhere is text here', async () => {
  await page.goto(`${shows}/#/topics/markup/messages?from=beginning`);
  await page.untilRows(
    'Messages of markup',
    (rows) => rows.length === 1 && rows[0]![3] === MARKUP && rows[0]![4] === MARKUP,
  );
  await page.click('[data-handle]');
  await page.untilText('.payload', /^<img src=x onerror/);
  expect(await page.text('.headers tbody')).toBe(`<i>name</i>\t${MARKUP}`);
  await page.goto(`${shows}/#/groups/${encodeURIComponent(MARKUP_GROUP)}`);
  await page.untilText('h1', /^<b onclick=x>group<\/b>$/);
  await page.untilRows(`Offsets of ${MARKUP_GROUP}`, (rows) => rows.length === 3);
  expect(
    await page.evaluate(`[document.images.length, document.scripts.length, document.querySelectorAll('i, b').length]`),
  ).toEqual([0, 1, 0]);
  expect(await page.evaluate('window.isStolen ?? null')).toBeNull();
});

test('names that lead here from elsewhere are refused', async () => {
  const port = new URL(shows).port;
  await page.goto(`http://rebound.example:${port}/`);
  expect(await page.text('body')).toContain('odradek.console.allowed.hosts=rebound.example');
  // The browser says of itself what it thinks of headers that come from such an address.
  page.errors.length = 0;
  const status = await new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path: '/api/cluster', headers: { Host: 'rebound.example' } };
    http.get(options, ({ statusCode }) => resolve(statusCode)).on('error', reject);
  });
  expect(status).toBe(403);
});

describe('for everybody', () => {
  const VIEWS = [
    '#/',
    '#/topics',
    '#/topics/catalogue/messages?from=beginning',
    '#/topics/orders/partitions',
    '#/topics/orders/configs',
    '#/topics/orders/groups',
    '#/groups',
    '#/groups/billing',
    '#/brokers/1',
    '#/zookeeper/brokers/ids',
  ];
  const shown = `document.querySelector('main table, main .tree-row + .tree-row')`;

  test.each(['light', 'dark'] as const)('%s: all text has contrast, all controls have names', async (scheme) => {
    await page.prefer(scheme);
    for (const view of VIEWS) {
      await page.goto(`${shows}/${view}`);
      await page.until(shown);
      const { looked, low } = await page.evaluate<{ looked: number; low: string[] }>(LOW_CONTRAST);
      expect({ view, low, isMuch: looked > 15 }).toEqual({ view, low: [], isMuch: true });
      expect({ view, nameless: await page.evaluate(NAMELESS) }).toEqual({ view, nameless: [] });
    }
  });

  test('the colours are those of the system, until another choice is made, which is kept', async () => {
    const background = `getComputedStyle(document.documentElement).backgroundColor`;
    await page.prefer('dark');
    const dark = await page.evaluate(background);
    await page.prefer('light');
    expect(await page.evaluate(background)).not.toBe(dark);
    await page.press('T', 'T');
    await page.until(`document.documentElement.dataset.theme === 'dark'`);
    expect(await page.evaluate(background)).toBe(dark);
    await page.goto(`${shows}/`);
    expect(await page.evaluate(background)).toBe(dark);
    await page.press('T');
    await page.until('document.documentElement.dataset.theme === undefined');
  });

  test('a narrow window shows all of it without scrolling sideways', async () => {
    await page.resize(380, 800);
    for (const view of VIEWS) {
      await page.goto(`${shows}/${view}`);
      await page.until(shown);
      const isWide = await page.evaluate('document.documentElement.scrollWidth > window.innerWidth');
      expect({ view, isWide }).toEqual({ view, isWide: false });
    }
  });
});

describe('changes', () => {
  test('are neither shown nor taken unless they are allowed', async () => {
    await page.goto(`${shows}/#/topics/orders/configs`);
    await page.untilRows('Configs of orders', (rows) => rows.length > 10);
    expect(
      await page.evaluate(
        `[...document.querySelectorAll('main button')].map((it) => it.innerText).filter((it) => it.endsWith('…'))`,
      ),
    ).toEqual([]);
    const headers = { 'Content-Type': 'application/json', Origin: shows };
    const answer = await fetch(`${shows}/api/topics`, { method: 'POST', headers, body: '{"name":"stolen"}' });
    expect([answer.status, await answer.json()]).toEqual([
      403,
      expect.objectContaining({ remedy: 'odradek.console.changes=true' }),
    ]);
  });

  test('a topic is made, written to, changed and deleted', async () => {
    await page.goto(`${changes}/#/topics`);
    await page.clickButton('Create topic…');
    await page.fill('Name', 'made-here');
    await page.fill('Partitions', '2');
    await page.fill('Copies of each', '3');
    await page.clickButton('Review…');
    await page.untilText('.review', /made-here/);
    await page.clickButton('Create');
    await untilHash('#/topics/made-here/partitions');
    await page.untilRows('Partitions of made-here', (rows) => rows.length === 2);
    await page.clickButton('Produce…');
    await page.fill('Key', 'k');
    await page.fill('Text', '{"by":"hand"}');
    await page.clickButton('Review…');
    await page.clickButton('Produce');
    await page.untilText('.sayings', /Produced to partition \d, offset 0/);
    await page.press('g', 't');
    await page.goto(`${changes}/#/topics/made-here/messages`);
    await page.untilRows('Messages of made-here', (rows) => rows.length === 1 && rows[0]![4] === '{"by":"hand"}');
    await page.clickButton('Delete…');
    await page.fill('Type made-here to go on', 'made-her');
    await page.untilText('dialog footer', /Type the topic's name/);
    await page.fill('Type made-here to go on', 'made-here');
    await page.clickButton('Review…');
    await page.clickButton('Delete made-here');
    await untilHash('#/topics');
    await page.untilRows('Topics', (rows) => rows.length > 0 && rows.every(([name]) => name !== 'made-here'));
  });

  test('offsets are reset after a look at what that would do', async () => {
    await page.goto(`${changes}/#/groups/nightly`);
    const committed = (rows: string[][]): string[] => rows.map((row) => row[1]!);
    await page.untilRows('Offsets of nightly', (rows) => committed(rows).join() === '1,1,1');
    await page.clickButton('Reset offsets…');
    await page.clickButton('Review…');
    const planned = await page.untilRows('What would change', (rows) => rows.length === 3);
    expect(planned).toEqual([0, 1, 2].map((partition) => [`catalogue-${partition}`, '1', '0', '-1']));
    expect(committed(await page.rows('Offsets of nightly'))).toEqual(['1', '1', '1']);
    await page.clickButton('Reset offsets');
    await page.untilRows('Offsets of nightly', (rows) => committed(rows).join() === '0,0,0');
  });
});

describe('failures', () => {
  test('a broker is killed while somebody watches, and comes back', async () => {
    await page.goto(`${shows}/`);
    await page.untilText('.health', /^All /);
    await cluster.brokers[2]!.kill();
    await page.untilText('.health', /under-replicated.*broker 2 is not alive\.$/);
    await page.untilRows('Brokers', (rows) => rows[2]?.[1] === 'Not alive');
    const isTold = ([, trouble, replicas]: string[]): boolean =>
      trouble === 'Under-replicated' && replicas!.includes('× 2 not alive');
    await page.untilRows('Partitions in trouble', (rows) => rows.length > 0 && rows.every(isTold));
    await page.goto(`${shows}/#/topics/orders/partitions`);
    await page.untilRows(
      'Partitions of orders',
      (rows) => rows.length === 3 && rows.every((row) => row[1] === '2 of 3 in sync'),
    );
    await page.goto(`${shows}/`);
    await cluster.brokers[2]!.start();
    await page.untilText('.health', /^All \d+ partitions in sync on 3 brokers\.$/);
  });

  test('the broker of the console itself goes and comes: what was known stays, and the tail goes on', async () => {
    await page.goto(`${shows}/#/topics/orders/messages`);
    await page.untilText('.search-status', /^Live/);
    await page.untilRows('Messages of orders', (rows) => rows.length > 5);
    await cluster.brokers[0]!.kill();
    await page.untilText('.connection', /^Reconnecting$/);
    await page.untilText('.banner', /^The broker does not answer since \d\d:\d\d:\d\d/);
    expect((await page.rows('Messages of orders')).length).toBeGreaterThan(5);
    const newest = JSON.stringify((await page.rows('Messages of orders'))[0]);
    await cluster.brokers[0]!.start();
    await page.untilText('.connection', /^Live$/);
    await page.untilText('.search-status', /^Live/);
    await page.untilRows('Messages of orders', (rows) => JSON.stringify(rows[0]) !== newest);
    // It goes on where it was: nothing is there twice.
    const places = (await page.rows('Messages of orders')).map(([offset, partition]) => `${partition}-${offset}`);
    expect(new Set(places).size).toBe(places.length);
    expect(await page.evaluate('location.hash')).toBe('#/topics/orders/messages');
  });
});
