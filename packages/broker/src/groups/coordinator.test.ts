import { type ErrorName, KafkaError } from '@odradek/protocol/errors';
import { buildBatch } from '@odradek/protocol/records/builder';
import { groupKey, offsetKey, offsetValue, parseGroupValue, parseKey, parseOffsetValue } from './records';
import { CoordinatorWorld, NOBODY, toCommit } from './testing/coordinator-world';
import { MemoryWriter } from './testing/memory-writer';
import { LOG_OF_GROUPS } from './vectors/apache-logs';

const DAY_MS = 24 * 60 * 60 * 1000;
const RETENTION_MS = 7 * DAY_MS;
const CHECK_MS = 10 * 60_000;

/** What a log holds, in words. */
const told = (writer: MemoryWriter): string[] =>
  writer.records(0).map(({ key, value }) => {
    const parsed = parseKey(key!);
    if (parsed.type === 'unknown') return `unknown ${parsed.version}`;
    const name = parsed.type === 'group' ? parsed.group : `${parsed.group} ${parsed.topic}-${parsed.partition}`;
    if (value === null) return `${name} tombstone`;
    if (parsed.type === 'offset') return `${name} at ${parseOffsetValue(value).offset}`;
    const { generation, members } = parseGroupValue(value);
    return `${name} generation ${generation}, ${members.length} members`;
  });

/** The record of one commit. */
const offsetsOf = (group: string): Buffer =>
  buildBatch({ records: [{ timestamp: 0, key: offsetKey(group, 't', 0), value: offsetValue(toCommit(0, 7)) }] });

function thrown(call: () => unknown): ErrorName | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as { error: ErrorName }).error;
  }
}

describe('finding groups', () => {
  const answers = (world: CoordinatorWorld, group: string) => ({
    join: world.join(group)[0]?.error,
    sync: world.sync(group, { memberId: 'm', generationId: 1 } as never)[0]?.error,
    heartbeat: world.coordinator.heartbeat(group, { memberId: 'm', generationId: 1, groupInstanceId: null }),
    leave: world.coordinator.leave(group, []).error,
    commit: world.commit(group, [toCommit(0, 1)])[0],
    fetch: world.coordinator.offsetsOf(group).error,
    describe: thrown(() => world.coordinator.describe(group)),
    deleteOffsets: thrown(() => world.coordinator.deleteOffsets(group, [])),
    deleteGroup: world.coordinator.deleteGroup(group),
    list: world.coordinator.list().error,
  });
  const all = (error: ErrorName) => {
    const names = ['join', 'sync', 'heartbeat', 'leave', 'commit', 'fetch', 'describe', 'deleteOffsets', 'deleteGroup'];
    return Object.fromEntries(names.map((name) => [name, error]));
  };

  test('before the start and after the end', async () => {
    const world = new CoordinatorWorld();
    expect(answers(world, 'g')).toEqual({ ...all('COORDINATOR_NOT_AVAILABLE'), list: 'COORDINATOR_NOT_AVAILABLE' });
    await world.lead();
    world.coordinator.stop();
    expect(answers(world, 'g')).toEqual({ ...all('COORDINATOR_NOT_AVAILABLE'), list: 'COORDINATOR_NOT_AVAILABLE' });
    world.coordinator.hosted.elected(0, 5);
    await world.clock.settle();
    expect(world.clock.timers).toBe(0);
  });

  test('another broker is the coordinator', () => {
    const world = new CoordinatorWorld();
    world.coordinator.start(null);
    expect(answers(world, 'g')).toEqual({ ...all('NOT_COORDINATOR'), list: 'NONE' });
  });

  test('while groups are being read', async () => {
    const world = new CoordinatorWorld();
    world.coordinator.start(null);
    world.coordinator.hosted.elected(0, 0);
    expect(answers(world, 'g')).toEqual({
      ...all('COORDINATOR_LOAD_IN_PROGRESS'),
      sync: 'REBALANCE_IN_PROGRESS',
      heartbeat: 'NONE',
      list: 'COORDINATOR_LOAD_IN_PROGRESS',
    });
    await world.clock.settle();
    expect(world.coordinator.list()).toEqual({ error: 'NONE', groups: [] });
  });

  test('a group that nobody knows', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    expect(world.join('g', { memberId: 'm' })).toMatchObject([{ error: 'UNKNOWN_MEMBER_ID', memberId: 'm' }]);
    expect(world.sync('g', { memberId: 'm', generationId: 1 } as never)).toMatchObject([
      { error: 'UNKNOWN_MEMBER_ID' },
    ]);
    expect(world.coordinator.heartbeat('g', { memberId: 'm', generationId: 1, groupInstanceId: null })).toBe(
      'UNKNOWN_MEMBER_ID',
    );
    expect(world.coordinator.leave('g', [{ memberId: 'm', groupInstanceId: null, reason: null }])).toEqual({
      error: 'NONE',
      results: [{ memberId: 'm', groupInstanceId: null, error: 'UNKNOWN_MEMBER_ID' }],
    });
    expect(world.commit('g', [toCommit(0, 1)], { ...NOBODY, memberId: 'm', generationId: 1 })).toEqual([
      'ILLEGAL_GENERATION',
    ]);
    expect(world.coordinator.offsetsOf('g')).toEqual({ error: 'NONE', offsets: null });
    expect(world.stateOf('g')).toBe('Dead');
    expect(thrown(() => world.coordinator.deleteOffsets('g', []))).toBe('GROUP_ID_NOT_FOUND');
    expect(world.coordinator.deleteGroup('g')).toBe('GROUP_ID_NOT_FOUND');
    expect(world.coordinator.list().groups).toEqual([]);
  });

  test('the empty group may have offsets but no members', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    expect(world.join('')).toMatchObject([{ error: 'INVALID_GROUP_ID' }]);
    expect(world.coordinator.leave('', []).error).toBe('INVALID_GROUP_ID');
    expect(thrown(() => world.coordinator.deleteOffsets('', []))).toBe('INVALID_GROUP_ID');
    expect(world.commit('', [toCommit(0, 1)])).toEqual(['NONE']);
    expect(world.offsets('')).toEqual({ 't-0': 1 });
  });

  test.each([5_999, 1_800_001])('a session of %i ms is not taken', async (sessionTimeoutMs) => {
    const world = new CoordinatorWorld();
    await world.lead();
    expect(world.join('g', { sessionTimeoutMs })).toMatchObject([{ error: 'INVALID_SESSION_TIMEOUT' }]);
    expect(world.stateOf('g')).toBe('Dead');
  });
});

describe('leadership', () => {
  const writerWithApachesLog = (): MemoryWriter => {
    const writer = new MemoryWriter();
    writer.put(0, LOG_OF_GROUPS);
    return writer;
  };

  test("Apache's groups are there, and their members stay in them", async () => {
    const world = new CoordinatorWorld(writerWithApachesLog());
    await world.lead();
    const names = world.coordinator.list().groups.map(({ groupId, groupState }) => `${groupId} ${groupState}`);
    expect(names.sort()).toEqual(['simple Empty', 'stable Stable', 'txn Empty']);
    expect(world.offsets('simple')).toEqual({ 't-0': 43, 't-1': 5 });
    const [member] = world.coordinator.describe('stable').members;
    const heartbeat = { memberId: member!.memberId, groupInstanceId: 'inst-1', generationId: 1 };
    expect(world.coordinator.heartbeat('stable', heartbeat)).toBe('NONE');
    await world.clock.advance(599_999);
    expect(world.stateOf('stable')).toBe('Stable');
    // The member's session is ten minutes long.
    await world.clock.advance(2);
    expect(world.stateOf('stable')).toBe('Empty');
    expect(told(world.writer).at(-1)).toBe('stable generation 2, 0 members');
    // Members on other connections hear of it: it is written when they do.
    expect(world.writer.terms.at(-1)!.mayBePutOff).not.toBe(true);
  });

  test('a partition lost while it is read is never served, and read anew when it comes back', async () => {
    const writer = new MemoryWriter();
    const large = { timestamp: 0, key: Buffer.from([0, 9]), value: Buffer.alloc(200_000) };
    for (let i = 0; i < 6; i++) writer.put(0, buildBatch({ records: [large] }));
    writer.put(0, LOG_OF_GROUPS);
    const world = new CoordinatorWorld(writer);
    const { coordinator, clock } = world;
    coordinator.start(null);
    coordinator.hosted.elected(0, 1);
    // After the first turn of reading.
    clock.soon(() => coordinator.hosted.resigned(0, 2));
    await clock.settle();
    expect(writer.reads).toBe(2);
    expect(coordinator.offsetsOf('simple').error).toBe('NOT_COORDINATOR');
    expect(clock.timers).toBe(1);
    coordinator.hosted.elected(0, 3);
    await clock.settle();
    expect(world.offsets('simple')).toEqual({ 't-0': 43, 't-1': 5 });
  });

  test('a log whose start moves on while it is read is read from its new start', async () => {
    const writer = new MemoryWriter();
    writer.put(0, offsetsOf('deleted'));
    writer.put(0, offsetsOf('kept'));
    const read = writer.read.bind(writer);
    const asked: (number | null)[] = [];
    writer.read = (topic, partition, offset) => {
      asked.push(offset);
      if (asked.length === 2) throw new KafkaError('OFFSET_OUT_OF_RANGE');
      return read(topic, partition, asked.length === 3 ? 1 : offset);
    };
    const world = new CoordinatorWorld(writer);
    await world.lead();
    expect(asked).toEqual([null, 1, null, 2]);
    expect([world.offsets('deleted'), world.offsets('kept')]).toEqual([{}, { 't-0': 7 }]);
  });

  test('what comes late changes nothing', async () => {
    const world = new CoordinatorWorld(writerWithApachesLog());
    await world.lead(5);
    world.coordinator.hosted.resigned(0, 4);
    expect(world.stateOf('stable')).toBe('Stable');
    world.coordinator.hosted.resigned(0, 6);
    expect(thrown(() => world.coordinator.describe('stable'))).toBe('NOT_COORDINATOR');
    world.coordinator.hosted.elected(0, 5);
    await world.clock.settle();
    expect(thrown(() => world.coordinator.describe('stable'))).toBe('NOT_COORDINATOR');
    world.coordinator.hosted.resigned(0, null);
    world.coordinator.hosted.elected(0, 0);
    await world.clock.settle();
    expect(world.stateOf('stable')).toBe('Stable');
  });

  test('whoever waits is sent away when the partition goes, and no timer stays', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    const leader = await world.stable('g');
    const newcomer = world.join('g');
    world.writer.settlesAtOnce = false;
    const commit = world.commit('other', [toCommit(0, 1)]);
    expect([newcomer, commit]).toEqual([[], []]);
    expect(world.coordinator.heartbeat('g', { ...leader, groupInstanceId: null })).toBe('REBALANCE_IN_PROGRESS');
    world.coordinator.hosted.resigned(0, 1);
    expect(newcomer).toMatchObject([{ error: 'NOT_COORDINATOR' }]);
    world.writer.waiting[0]!.settle('NOT_LEADER_OR_FOLLOWER');
    expect(commit).toEqual(['NOT_COORDINATOR']);
    // What is left checks for expired offsets.
    expect(world.clock.timers).toBe(1);
  });

  test('a disk that fails while groups are read leaves them unread', async () => {
    const world = new CoordinatorWorld(writerWithApachesLog());
    world.writer.readFailure = 'KAFKA_STORAGE_ERROR';
    await world.lead();
    expect(world.coordinator.offsetsOf('simple').error).toBe('COORDINATOR_LOAD_IN_PROGRESS');
    expect(world.loggers.messages('error')).toHaveLength(1);
  });

  test('a group whose record cannot be read keeps its offsets', async () => {
    const writer = new MemoryWriter();
    writer.put(0, LOG_OF_GROUPS);
    writer.put(0, buildBatch({ records: [{ timestamp: 0, key: groupKey('stable'), value: Buffer.from([0, 77]) }] }));
    writer.put(0, buildBatch({ records: [{ timestamp: 0, key: Buffer.from([0, 9]), value: null }] }));
    const world = new CoordinatorWorld(writer);
    await world.lead();
    expect(world.stateOf('stable')).toBe('Empty');
    expect(world.offsets('stable')).toEqual({ 't-0': 9 });
    expect(world.loggers.messages('error')).toHaveLength(1);
    expect(world.loggers.messages('warn')).toEqual([expect.stringContaining('Unknown message key with version 9')]);
  });
});

describe('commits', () => {
  test('count when they are settled, and are unstable until then', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    world.writer.settlesAtOnce = false;
    const outcomes = world.commit('g', [toCommit(0, 7), toCommit(1, 8)]);
    expect(world.writer.terms).toMatchObject([{ requiredAcks: -1, timeoutMs: 5000, mayBePutOff: true }]);
    expect(outcomes).toEqual([]);
    expect(world.offsets('g')).toEqual({});
    expect(world.coordinator.offsetsOf('g').offsets!.isUnstable('t', 1)).toBe(true);
    world.writer.waiting[0]!.settle(null);
    expect(outcomes).toEqual(['NONE', 'NONE']);
    expect(world.offsets('g')).toEqual({ 't-0': 7, 't-1': 8 });
    expect(world.coordinator.offsetsOf('g').offsets!.isUnstable('t', 1)).toBe(false);
    expect(told(world.writer)).toEqual(['g t-0 at 7', 'g t-1 at 8']);
  });

  test('with offsets.commit.required.acks=1 this log is enough', async () => {
    const world = new CoordinatorWorld(new MemoryWriter(), {
      'offsets.commit.required.acks': '1',
      'offsets.commit.timeout.ms': '77',
    });
    await world.lead();
    world.writer.settlesAtOnce = false;
    expect(world.commit('g', [toCommit(0, 7)])).toEqual(['NONE']);
    expect(world.writer.terms).toMatchObject([{ requiredAcks: 1, timeoutMs: 77, mayBePutOff: true }]);
  });

  const ERRORS: readonly (readonly [ErrorName, ErrorName])[] = [
    ['UNKNOWN_TOPIC_OR_PARTITION', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_LEADER_OR_FOLLOWER', 'NOT_COORDINATOR'],
    ['KAFKA_STORAGE_ERROR', 'NOT_COORDINATOR'],
    ['MESSAGE_TOO_LARGE', 'INVALID_COMMIT_OFFSET_SIZE'],
    ['RECORD_LIST_TOO_LARGE', 'INVALID_COMMIT_OFFSET_SIZE'],
    ['REQUEST_TIMED_OUT', 'REQUEST_TIMED_OUT'],
    ['INVALID_REQUIRED_ACKS', 'INVALID_REQUIRED_ACKS'],
  ];
  test.each(ERRORS)('an append that ends in %s is answered with %s, and nothing has changed', async (error, answer) => {
    const world = new CoordinatorWorld();
    await world.lead();
    world.commit('g', [toCommit(0, 1)]);
    world.writer.failure = error;
    expect(world.commit('g', [toCommit(0, 2)])).toEqual([answer]);
    world.writer.failure = null;
    world.writer.settlesAtOnce = false;
    const later = world.commit('g', [toCommit(0, 2)]);
    world.writer.waiting[0]!.settle(error);
    expect(later).toEqual([answer]);
    expect(world.offsets('g')).toEqual({ 't-0': 1 });
    expect(world.coordinator.offsetsOf('g').offsets!.isUnstable('t', 0)).toBe(false);
  });

  test('too much metadata keeps the others from nothing', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    const tooLarge = toCommit(1, 2, { metadata: 'x'.repeat(4097) });
    expect(world.commit('g', [tooLarge])).toEqual(['OFFSET_METADATA_TOO_LARGE']);
    expect(world.writer.batchCount(0)).toBe(0);
    expect(world.commit('g', [toCommit(0, 1, { metadata: 'ä'.repeat(4096) }), tooLarge])).toEqual([
      'NONE',
      'OFFSET_METADATA_TOO_LARGE',
    ]);
    expect(world.offsets('g')).toEqual({ 't-0': 1 });
    world.writer.failure = 'NOT_ENOUGH_REPLICAS';
    expect(world.commit('g', [toCommit(0, 3), tooLarge])).toEqual([
      'COORDINATOR_NOT_AVAILABLE',
      'OFFSET_METADATA_TOO_LARGE',
    ]);
  });

  test('strangers commit to groups without members only', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    const member = await world.stable('g');
    expect(world.commit('g', [toCommit(0, 1)])).toEqual(['UNKNOWN_MEMBER_ID']);
    expect(world.commit('g', [toCommit(0, 1)], { ...NOBODY, ...member })).toEqual(['NONE']);
    expect(world.commit('g', [toCommit(0, 1)], { ...NOBODY, ...member, generationId: 9 })).toEqual([
      'ILLEGAL_GENERATION',
    ]);
  });
});

describe('groups in the log', () => {
  test('an assignment is handed out once it is stored', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    const member = await world.joined('g');
    world.writer.settlesAtOnce = false;
    const synced = world.sync('g', member);
    expect(synced).toEqual([]);
    expect(told(world.writer)).toEqual(['g generation 1, 1 members']);
    world.writer.waiting[0]!.settle(null);
    expect(synced).toMatchObject([{ error: 'NONE', assignment: Buffer.from('all') }]);
    expect(world.stateOf('g')).toBe('Stable');
  });

  test('an assignment that cannot be stored makes the members join again', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    const member = await world.joined('g');
    world.writer.failure = 'NOT_ENOUGH_REPLICAS';
    expect(world.sync('g', member)).toMatchObject([{ error: 'COORDINATOR_NOT_AVAILABLE' }]);
    expect(world.stateOf('g')).toBe('PreparingRebalance');
  });

  test('names that no answer or record can hold are refused', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    // As bytes that are no UTF-8 become.
    const odd = '\ufffd'.repeat(11_000);
    const long = 'x'.repeat(32_767);
    expect(world.join(odd)).toMatchObject([{ error: 'INVALID_GROUP_ID' }]);
    expect(world.commit(odd, [toCommit(0, 1)])).toEqual(['INVALID_GROUP_ID']);
    expect(world.commit(long, [toCommit(0, 1)])).toEqual(['NONE']);
    const ids = [{ clientId: long }, { clientId: odd }, { groupInstanceId: long }];
    expect(ids.map((id) => world.join('g', id)[0]?.error)).toEqual(ids.map(() => 'UNKNOWN_SERVER_ERROR'));
    const metadata = Buffer.alloc(0);
    const protocols = [{ protocolType: odd }, { protocols: [{ name: odd, metadata }] }];
    expect(protocols.map((names) => world.join('g', names)[0]?.error)).toEqual(
      protocols.map(() => 'INCONSISTENT_GROUP_PROTOCOL'),
    );
    expect(world.coordinator.list().groups).toHaveLength(1);
    expect(await world.joined('g', { clientId: 'x'.repeat(32_700) })).toMatchObject({ error: 'NONE' });
  });

  test('a record that cannot be written makes the members join again', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    const member = await world.joined('g', { clientHost: 'x'.repeat(32_768) });
    expect(world.sync('g', member)).toMatchObject([{ error: 'UNKNOWN_SERVER_ERROR' }]);
    expect(world.stateOf('g')).toBe('PreparingRebalance');
    expect(world.join('g', { memberId: member.memberId })).toMatchObject([{ error: 'NONE', generationId: 2 }]);
  });

  test('ids that are void all at once are worked through', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    for (let i = 0; i < 150_000; i++) world.join('g', { requireKnownMemberId: true });
    await world.clock.advance(20_000);
    const gone = world.loggers.lines.filter(({ message }) => message.includes('after session timeout expiration'));
    expect(gone).toHaveLength(150_000);
  });

  test('one line per rebalance', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    const { memberId } = await world.stable('g');
    const lines = world.loggers.lines.filter(({ message }) => message.includes('Rebalanced group'));
    expect(lines).toMatchObject([
      { level: 'info', fields: { group: 'g', generation: 1, memberId, members: 1, durationMs: expect.any(Number) } },
    ]);
  });

  test('a member whose heartbeats lay unread while the broker stood still has not failed', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    const [heard, silent] = [await world.stable('heard'), await world.stable('silent')];
    world.clock.spend(20_000);
    // Timers run first, then what has come in is read.
    const soon = world.clock.soon.bind(world.clock);
    world.clock.soon = (callback) => {
      soon(() => world.coordinator.heartbeat('heard', { ...heard, groupInstanceId: null }));
      soon(callback);
    };
    await world.clock.advance(0);
    expect([world.stateOf('heard'), world.stateOf('silent')]).toEqual(['Stable', 'Empty']);
    expect(world.coordinator.heartbeat('silent', { ...silent, groupInstanceId: null })).toBe('UNKNOWN_MEMBER_ID');
  });

  test('nor one whose time ends while what others sent is read', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    await world.stable('silent');
    await world.clock.advance(1000);
    const later = await world.stable('later');
    await world.clock.advance(8999);
    const soon = world.clock.soon.bind(world.clock);
    world.clock.soon = (callback) => {
      world.clock.soon = soon;
      soon(() => world.clock.spend(2000));
      soon(callback);
      // What came while that took its time is read a turn later.
      soon(() => soon(() => world.coordinator.heartbeat('later', { ...later, groupInstanceId: null })));
    };
    await world.clock.advance(1);
    expect([world.stateOf('silent'), world.stateOf('later')]).toEqual(['Empty', 'Stable']);
    await world.clock.advance(9999);
    expect(world.stateOf('later')).toBe('Stable');
    await world.clock.advance(1);
    expect(world.stateOf('later')).toBe('Empty');
  });

  test('a jump of the wall clock ends no session, and records bear the time that everybody sees', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    const member = await world.stable('g');
    world.clock.jumpMs = DAY_MS;
    expect(world.coordinator.heartbeat('g', { ...member, groupInstanceId: null })).toBe('NONE');
    await world.clock.advance(9000);
    expect(world.stateOf('g')).toBe('Stable');
    world.coordinator.leave('g', [{ memberId: member.memberId, groupInstanceId: null, reason: null }]);
    const { value, timestamp } = world.writer.records(0).at(-1)!;
    expect(timestamp).toBe(world.clock.nowMs());
    expect(parseGroupValue(value!).currentStateTimestamp).toBe(world.clock.nowMs());
  });
});

describe('the end of offsets and groups', () => {
  test('a group that only kept offsets goes with the last of them, without a record of its own', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    world.commit('g', [
      toCommit(0, 1, { commitTimestamp: world.clock.nowMs() }),
      toCommit(1, 1, { commitTimestamp: world.clock.nowMs() - DAY_MS }),
    ]);
    await world.clock.advance(RETENTION_MS - DAY_MS);
    expect(told(world.writer).slice(2)).toEqual(['g t-1 tombstone']);
    await world.clock.advance(DAY_MS);
    expect(told(world.writer).slice(3)).toEqual(['g t-0 tombstone']);
    expect(world.stateOf('g')).toBe('Dead');
    expect(world.coordinator.list().groups).toEqual([]);
    // Nobody has to confirm a tombstone.
    expect(world.writer.terms.at(-1)!.requiredAcks).toBe(0);
  });

  test('an empty group keeps its offsets from the time on at which it became empty, also after a change of leaders', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    const member = await world.stable('g');
    world.commit('g', [toCommit(0, 1)], { ...NOBODY, ...member });
    world.coordinator.leave('g', [{ memberId: member.memberId, groupInstanceId: null, reason: null }]);
    await world.clock.advance(RETENTION_MS - CHECK_MS);
    world.coordinator.hosted.resigned(0, 1);
    await world.lead(2);
    expect(world.offsets('g')).toEqual({ 't-0': 1 });
    await world.clock.advance(2 * CHECK_MS);
    expect(told(world.writer).slice(-2)).toEqual(['g t-0 tombstone', 'g tombstone']);
    expect(world.stateOf('g')).toBe('Dead');
  });

  test('many groups are cleaned up without stopping the broker for long', async () => {
    const world = new CoordinatorWorld(new MemoryWriter(), { 'offsets.retention.minutes': '1' });
    await world.lead();
    const left: number[] = [];
    const soon = world.clock.soon.bind(world.clock);
    world.clock.soon = (callback) => {
      left.push(world.coordinator.list().groups.length);
      soon(callback);
    };
    for (let i = 0; i < 250; i++) world.commit(`expired${i}`, [toCommit(0, 1)]);
    await world.clock.advance(CHECK_MS);
    expect(left.splice(0)).toEqual([150, 50]);
    for (let i = 0; i < 250; i++) world.commit(`orphaned${i}`, [toCommit(0, 1)]);
    world.coordinator.partitionsDeleted([{ topic: 't', partition: 0 }]);
    await world.clock.advance(0);
    expect(left).toEqual([150, 50]);
    expect(world.coordinator.list().groups).toEqual([]);
    expect(world.loggers.messages('info').at(-1)).toContain('Removed 250 offsets associated');
  });

  test('deletions of offsets: all of an empty group, those that nobody reads of another', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    world.commit('g', [toCommit(0, 1), toCommit(1, 2)]);
    expect(world.coordinator.deleteOffsets('g', [{ topic: 't', partition: 0 }])).toMatchObject([{ error: 'NONE' }]);
    expect(world.offsets('g')).toEqual({ 't-1': 2 });
    expect(told(world.writer).at(-1)).toBe('g t-0 tombstone');
    expect(world.coordinator.deleteOffsets('g', [{ topic: 't', partition: 1 }])).toMatchObject([{ error: 'NONE' }]);
    expect(world.stateOf('g')).toBe('Dead');
    await world.stable('connect');
    await world.joined('workers', { protocolType: 'connect' });
    expect(thrown(() => world.coordinator.deleteOffsets('workers', []))).toBe('NON_EMPTY_GROUP');
    expect(world.coordinator.deleteOffsets('connect', [{ topic: 't', partition: 0 }])).toMatchObject([
      { error: 'NONE' },
    ]);
  });

  test('deletions of groups', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    const member = await world.stable('g');
    world.commit('g', [toCommit(0, 1), toCommit(1, 1)], { ...NOBODY, ...member });
    expect(world.coordinator.deleteGroup('g')).toBe('NON_EMPTY_GROUP');
    world.coordinator.leave('g', [{ memberId: member.memberId, groupInstanceId: null, reason: null }]);
    expect(world.coordinator.deleteGroup('g')).toBe('NONE');
    expect(told(world.writer).slice(-3)).toEqual(['g t-0 tombstone', 'g t-1 tombstone', 'g tombstone']);
    expect(world.coordinator.deleteGroup('g')).toBe('GROUP_ID_NOT_FOUND');
    world.coordinator.hosted.resigned(0, 1);
    await world.lead(2);
    expect(world.coordinator.list().groups).toEqual([]);
  });

  test('tombstones that are too many for one batch go in several', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    world.commit(
      'g',
      Array.from({ length: 100 }, (_, partition) => toCommit(partition, 1)),
    );
    world.writer.batchBytes = 1000;
    const before = world.writer.batchCount(0);
    expect(world.coordinator.deleteGroup('g')).toBe('NONE');
    expect(world.writer.batchCount(0) - before).toBeGreaterThan(5);
    expect(told(world.writer).filter((line) => line.endsWith('tombstone'))).toHaveLength(100);
  });

  test('what cannot be written is gone all the same, and said', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    world.commit('g', [toCommit(0, 1)]);
    world.writer.failure = 'KAFKA_STORAGE_ERROR';
    expect(world.coordinator.deleteGroup('g')).toBe('NONE');
    expect(world.stateOf('g')).toBe('Dead');
    expect(world.loggers.messages('error')).toEqual([expect.stringContaining('Failed to append 1 tombstones')]);
  });

  test('deleted partitions take their offsets with them, also those on their way', async () => {
    const world = new CoordinatorWorld();
    await world.lead();
    world.commit('g', [toCommit(0, 1), toCommit(1, 1)]);
    world.commit('h', [toCommit(0, 1, { topic: 'u' })]);
    world.writer.settlesAtOnce = false;
    const late = world.commit('g', [toCommit(0, 2)]);
    world.coordinator.partitionsDeleted([{ topic: 't', partition: 0 }]);
    world.writer.waiting[0]!.settle(null);
    expect(late).toEqual(['NONE']);
    expect(world.offsets('g')).toEqual({ 't-1': 1 });
    expect(world.offsets('h')).toEqual({ 'u-0': 1 });
    const key = offsetKey('g', 't', 0).toString('hex');
    expect(world.writer.records(0).at(-1)).toMatchObject({ value: null });
    expect(world.writer.records(0).at(-1)!.key!.toString('hex')).toBe(key);
  });
});
