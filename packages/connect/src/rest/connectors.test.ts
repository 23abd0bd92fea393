import { bufferedOuts } from '@odradek/tools/print';
import { parseJson } from '../java/json';
import { Loggers } from '../log';
import type { SourceOffset } from '../plugins/api';
import type { Herder } from '../runtime/herder';
import { connectorRoutes } from './connectors';
import type { Answer } from './routes';

/** Sends a body to a route; what was to be changed, and the answer. */
async function send(method: string, path: string, body: string): Promise<{ asked: unknown[]; answer: Answer }> {
  const asked: unknown[] = [];
  const herder = {
    stopped: (name: string) => name,
    offsets: { alter: (_: unknown, offsets: readonly SourceOffset[]) => asked.push(offsets) },
    putConfig: (...args: unknown[]) => asked.push(args),
    info: (name: string) => ({ name, config: new Map(), tasks: [], type: 'source' }),
  } as unknown as Herder;
  const log = new Loggers(bufferedOuts().outs.stdout).logger('rest');
  const route = connectorRoutes(herder, log).find((each) => each.method === method && each.path === path);
  const call = { parameters: { connector: 'c' }, query: new URLSearchParams(), body: () => parseJson(body) };
  const answer = await route!.handle(call);
  return { asked, answer };
}

const OFFSETS = '/connectors/{connector}/offsets';

test.each<[string, number, string]>([
  ['{"offsets":[{"partition":{"a":1},"offset":"x"}]}', 500, 'the offset of an offset: it has to be an object'],
  ['{"offsets":[{"partition":"x","offset":null}]}', 500, 'the partition of an offset: it has to be an object'],
  ['{"offsets":[{"partition":{"a":1},"ofset":{"b":1}}]}', 500, 'Unrecognized field "ofset" (2 known properties'],
  ['{"offsets":["x"]}', 500, 'Cannot deserialize an offset: it has to be an object'],
  ['{"offsets":{}}', 500, 'they have to be a list'],
  ['[]', 500, 'Cannot deserialize offsets from this body'],
  ['{"offsets":[]}', 400, 'Partitions / offsets need to be provided'],
  ['null', 400, 'Partitions / offsets need to be provided'],
])('offsets that are none change nothing: %s', async (body, status, message) => {
  await expect(send('PATCH', OFFSETS, body)).rejects.toMatchObject({
    status,
    message: expect.stringContaining(message),
  });
});

test('an offset that is left out is forgotten', async () => {
  const { asked } = await send('PATCH', OFFSETS, '{"offsets":[{"partition":{"a":1}}]}');
  const [[{ partition, offset }]] = asked as [[SourceOffset]];
  expect([[...partition!], offset]).toEqual([[['a', 1]], null]);
});

test('a misspelt field of a new connector is refused', async () => {
  const body = '{"name":"x","config":{},"initialState":"STOPPED"}';
  await expect(send('POST', '/connectors', body)).rejects.toThrow('Unrecognized field "initialState" (3 known');
});

test.each([
  ['a+b', '/connectors/a+b'],
  ['a b', '/connectors/a%20b'],
  ['a/b', '/connectors/a%2Fb'],
  ['ü%', '/connectors/%C3%BC%25'],
])('where to find %s', async (name, location) => {
  const { answer } = await send('POST', '/connectors', JSON.stringify({ name, config: {} }));
  expect(answer.location).toBe(location);
});
