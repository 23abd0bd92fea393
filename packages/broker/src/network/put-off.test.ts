import { heartbeat, heldHeartbeats, makeServer } from './testing';

/** Work that is done, or not, as told; and what was asked of it. */
function putOffWork() {
  const asked: string[] = [];
  const state = { succeeds: true };
  const say = (what: string): boolean => {
    asked.push(what);
    return state.succeeds;
  };
  const work = { begin: () => void say('begin'), settle: () => say('settle'), end: () => say('end') };
  return { asked, state, work };
}

test('what handlers put off in a read is done before their answers leave', async () => {
  const { asked, work } = putOffWork();
  const { connect, clock } = await makeServer([heldHeartbeats().handler], {}, work);
  const client = await connect();
  client.connection.write([Buffer.concat([heartbeat(1, 'now'), heartbeat(2, 'now')])]);
  await clock.settle();
  expect(client.correlationIds()).toEqual([1, 2]);
  expect(asked).toEqual(['begin', 'end']);
});

test('answers to work that could not be done are not sent: the connection ends', async () => {
  const { state, work } = putOffWork();
  const { connect, clock } = await makeServer([heldHeartbeats().handler], {}, work);
  const client = await connect();
  state.succeeds = false;
  client.connection.write([heartbeat(1, 'now')]);
  await clock.settle();
  expect(client.correlationIds()).toEqual([]);
  expect(client.closed).toBe(true);
});
