import type {
  WatchEvent,
  ZooKeeper,
  ZooKeeperConnectOptions,
  ZooKeeperErrorCode,
  ZooKeeperSession,
} from '@odradek/broker/env/zookeeper';

export interface ContractSubject {
  readonly zookeeper: ZooKeeper;
  /** Hosts without a chroot. */
  readonly connect: string;
  stop(): Promise<void>;
}

const READ = 1;
const ADMIN = 16;

/** What every implementation of the ZooKeeper port does, whatever stands behind it. */
export function zooKeeperContract(name: string, start: () => Promise<ContractSubject>): void {
  describe(`ZooKeeper port: ${name}`, () => {
    let subject: ContractSubject;
    let opened: ZooKeeperSession[] = [];

    beforeAll(async () => {
      subject = await start();
    });
    afterAll(() => subject.stop());
    afterEach(async () => {
      await Promise.all(opened.map((session) => session.close()));
      opened = [];
    });

    const open = async (options: Partial<ZooKeeperConnectOptions> = {}): Promise<ZooKeeperSession> => {
      const defaults = { connect: subject.connect, sessionTimeoutMs: 6_000, connectionTimeoutMs: 10_000 };
      const session = await subject.zookeeper.connect({ ...defaults, ...options });
      opened.push(session);
      return session;
    };

    const data = Buffer.from('content');

    test('a session has an id, a password and a granted timeout', async () => {
      const session = await open();
      expect(session.sessionId).toMatch(/^[0-9a-f]{16}$/);
      expect(session.sessionId).not.toBe('0000000000000000');
      expect(session.password).toHaveLength(16);
      expect(session.sessionTimeoutMs).toBe(6_000);
      expect(session.state).toBe('connected');
    });

    test('null data and empty data are two things', async () => {
      const session = await open();
      await session.create('/null', null, 'persistent');
      await session.create('/empty', Buffer.alloc(0), 'persistent');
      expect((await session.getData('/null')).data).toBeNull();
      expect((await session.getData('/empty')).data).toEqual(Buffer.alloc(0));
      await session.setData('/empty', null, -1);
      await session.setData('/null', Buffer.alloc(0), -1);
      expect((await session.getData('/null')).data).toEqual(Buffer.alloc(0));
      expect((await session.getData('/empty')).data).toBeNull();
    });

    test('a stat says all that ZooKeeper knows', async () => {
      const session = await open();
      const beforeMs = Date.now();
      await session.create('/stat', data, 'persistent');
      await session.create('/stat/child', null, 'ephemeral');
      const created = await session.exists('/stat');
      expect(created).toMatchObject({
        version: 0,
        childrenVersion: 1,
        dataLength: 7,
        childCount: 1,
        ephemeralOwner: '0000000000000000',
      });
      expect(created?.createdMs).toBeGreaterThanOrEqual(beforeMs - 1_000);
      expect(created?.czxid).toBeGreaterThan(0);
      expect(created?.mzxid).toBe(created?.czxid);
      expect(created?.pzxid).toBeGreaterThan(created?.czxid ?? 0);
      const set = await session.setData('/stat', null, 0);
      expect(set).toMatchObject({ version: 1, dataLength: 0, czxid: created?.czxid });
      expect(set.mzxid).toBeGreaterThan(set.czxid);
      expect((await session.exists('/stat/child'))?.ephemeralOwner).toBe(session.sessionId);
    });

    test('sequential nodes get ten digits, in order', async () => {
      const session = await open();
      await session.create('/sequence', null, 'persistent');
      expect(await session.create('/sequence/n_', null, 'persistent-sequential')).toBe('/sequence/n_0000000000');
      expect(await session.create('/sequence/n_', null, 'ephemeral-sequential')).toBe('/sequence/n_0000000001');
      expect(await session.create('/sequence/', null, 'persistent-sequential')).toBe('/sequence/0000000002');
    });

    const failures: [ZooKeeperErrorCode, string, (session: ZooKeeperSession) => Promise<unknown>][] = [
      ['NO_NODE', '/none', (session) => session.getData('/none')],
      ['NO_NODE', '/none', (session) => session.getChildren('/none')],
      ['NO_NODE', '/none', (session) => session.setData('/none', data, -1)],
      ['NO_NODE', '/none', (session) => session.delete('/none', -1)],
      ['NO_NODE', '/none', (session) => session.getAcl('/none')],
      ['NO_NODE', '/none/child', (session) => session.create('/none/child', data, 'persistent')],
      ['NODE_EXISTS', '/failures', (session) => session.create('/failures', data, 'persistent')],
      ['BAD_VERSION', '/failures', (session) => session.setData('/failures', data, 7)],
      ['BAD_VERSION', '/failures', (session) => session.delete('/failures', 7)],
      ['NOT_EMPTY', '/failures', (session) => session.delete('/failures', -1)],
      ['NO_CHILDREN_FOR_EPHEMERALS', '/failures/e/c', (session) => session.create('/failures/e/c', data, 'persistent')],
      ['INVALID_ACL', '/acl', (session) => session.create('/acl', data, 'persistent', [])],
      ['BAD_ARGUMENTS', 'relative', (session) => session.getData('relative')],
      ['BAD_ARGUMENTS', '/a//b', (session) => session.create('/a//b', data, 'persistent')],
      ['BAD_ARGUMENTS', '/a/../b', (session) => session.exists('/a/../b')],
      ['BAD_ARGUMENTS', '/a/', (session) => session.multi([{ type: 'check', path: '/a/', version: 0 }])],
    ];

    test.each(failures)('%s for %s', async (code, path, run) => {
      const session = await open();
      for (const existing of ['/failures', '/failures/e']) {
        await session.create(existing, null, existing === '/failures' ? 'persistent' : 'ephemeral').catch(() => {});
      }
      await expect(run(session)).rejects.toMatchObject({ name: 'ZooKeeperError', code, path });
    });

    test('exists of nothing is null', async () => {
      expect(await (await open()).exists('/nothing')).toBeNull();
    });

    test('a multi does all or nothing, and its versions are taken at their word, 0 too', async () => {
      const session = await open();
      await session.create('/multi', null, 'persistent');
      const results = await session.multi([
        { type: 'check', path: '/multi', version: 0 },
        { type: 'create', path: '/multi/a', data: null, mode: 'ephemeral' },
        { type: 'set', path: '/multi/a', data, version: 0 },
        { type: 'create', path: '/multi/s_', data, mode: 'persistent-sequential' },
        { type: 'set', path: '/multi', data: null, version: 0 },
      ]);
      expect(results.map(({ type }) => type)).toEqual(['check', 'create', 'set', 'create', 'set']);
      expect(results[1]).toEqual({ type: 'create', path: '/multi/a' });
      expect(results[2]).toMatchObject({ stat: { version: 1, ephemeralOwner: session.sessionId } });
      expect(results[3]).toEqual({ type: 'create', path: '/multi/s_0000000001' });
      for (const type of ['check', 'delete'] as const) {
        const stale = { type, path: '/multi/a', version: 0 };
        await expect(session.multi([stale])).rejects.toMatchObject({ code: 'BAD_VERSION', failedIndex: 0 });
      }
      const set = { type: 'set', path: '/multi/a', data: null, version: 0 } as const;
      await expect(session.multi([set])).rejects.toMatchObject({ code: 'BAD_VERSION', path: '/multi/a' });
      const failing = session.multi([
        { type: 'create', path: '/multi/b', data, mode: 'persistent' },
        { type: 'delete', path: '/multi/none', version: -1 },
        { type: 'check', path: '/multi', version: 99 },
      ]);
      await expect(failing).rejects.toMatchObject({ code: 'NO_NODE', path: '/multi/none', failedIndex: 1 });
      expect(await session.exists('/multi/b')).toBeNull();
    });

    test('children count when they come and when they go; numbers of sequential ones only rise', async () => {
      const session = await open();
      await session.create('/counted', null, 'persistent');
      await session.create('/counted/a', null, 'persistent');
      await session.create('/counted/b', null, 'persistent');
      await session.delete('/counted/a', 0);
      const before = await session.exists('/counted');
      expect(before).toMatchObject({ childrenVersion: 3, childCount: 1, version: 0 });
      const failing = [
        { type: 'create', path: '/counted/c', data, mode: 'persistent' },
        { type: 'set', path: '/counted/b', data, version: 5 },
      ] as const;
      await expect(session.multi(failing)).rejects.toMatchObject({ code: 'BAD_VERSION', failedIndex: 1 });
      expect(await session.exists('/counted')).toEqual(before);
      expect((await session.exists('/counted/b'))?.version).toBe(0);
      expect(await session.create('/counted/n_', null, 'persistent-sequential')).toBe('/counted/n_0000000002');
      const after = await session.exists('/counted');
      expect(after).toMatchObject({ childrenVersion: 4, childCount: 2 });
      expect(after?.pzxid).toBeGreaterThan(before?.pzxid ?? 0);
    });

    test('every write takes a number, also one that fails; the parts of a multi share theirs', async () => {
      const session = await open();
      await session.create('/numbers', null, 'persistent');
      const first = (await session.exists('/numbers'))!.czxid;
      await expect(session.create('/numbers', null, 'persistent')).rejects.toMatchObject({ code: 'NODE_EXISTS' });
      await session.multi([
        { type: 'create', path: '/numbers/a', data: null, mode: 'persistent' },
        { type: 'create', path: '/numbers/b', data: null, mode: 'ephemeral' },
      ]);
      const [a, b] = [await session.exists('/numbers/a'), await session.exists('/numbers/b')];
      expect([a?.czxid, b?.czxid]).toEqual([first + 2, first + 2]);
      expect((await session.exists('/numbers'))?.pzxid).toBe(first + 2);
    });

    test('ZooKeeper keeps nodes of its own, which nobody deletes', async () => {
      const session = await open();
      expect((await session.getChildren('/')).children).toContain('zookeeper');
      expect((await session.getChildren('/zookeeper')).children.sort()).toEqual(['config', 'quota']);
      await expect(session.delete('/zookeeper/quota', -1)).rejects.toMatchObject({ code: 'BAD_ARGUMENTS' });
      await expect(session.delete('/', -1)).rejects.toMatchObject({ code: 'BAD_ARGUMENTS' });
      await expect(session.create('/', null, 'persistent')).rejects.toMatchObject({ code: 'NODE_EXISTS' });
    });

    test('the end of a session is told to those who watch its nodes; a node watched twice is told of once', async () => {
      const [watcher, owner] = [await open(), await open()];
      await owner.create('/ending', null, 'persistent');
      await owner.create('/ending/mine', data, 'ephemeral');
      const events: WatchEvent[] = [];
      watcher.onWatch((event) => events.push(event));
      await watcher.getData('/ending/mine', true);
      await watcher.getChildren('/ending/mine', true);
      await watcher.exists('/ending/mine', true);
      await watcher.getChildren('/ending', true);
      await owner.close();
      await watcher.sync('/');
      expect(events).toEqual([
        { type: 'deleted', path: '/ending/mine' },
        { type: 'children-changed', path: '/ending' },
      ]);
    });

    test('who may do what is asked of the node, and of its parent where children come and go', async () => {
      const session = await open();
      const only = (permissions: number) => [{ permissions, scheme: 'world', id: 'anyone' }];
      await session.create('/guarded', data, 'persistent');
      await session.create('/guarded/child', data, 'persistent');
      await session.setAcl('/guarded', only(ADMIN), 0);
      await expect(session.getData('/guarded')).rejects.toMatchObject({ code: 'NO_AUTH' });
      await expect(session.getChildren('/guarded')).rejects.toMatchObject({ code: 'NO_AUTH' });
      await expect(session.create('/guarded/other', null, 'persistent')).rejects.toMatchObject({ code: 'NO_AUTH' });
      await expect(session.delete('/guarded/child', -1)).rejects.toMatchObject({ code: 'NO_AUTH' });
      expect(await session.exists('/guarded')).toMatchObject({ childCount: 1 });
      expect((await session.getData('/guarded/child')).data).toEqual(data);
      const unknown = session.create('/unknown', null, 'persistent', [{ permissions: 31, scheme: 'nobody', id: 'x' }]);
      await expect(unknown).rejects.toMatchObject({ code: 'INVALID_ACL' });
      const nobody = session.create('/unknown', null, 'persistent', [{ permissions: 31, scheme: 'auth', id: '' }]);
      await expect(nobody).rejects.toMatchObject({ code: 'INVALID_ACL' });
    });

    test('calls are answered in the order in which they were made', async () => {
      const session = await open();
      await session.create('/order', null, 'persistent');
      const order: string[] = [];
      const stats = await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          const stat = await session.setData('/order', Buffer.from(String(index)), index);
          order.push(String(index));
          return stat;
        }),
      );
      expect(stats.map(({ version }) => version)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
      expect(order).toEqual(Array.from({ length: 50 }, (_, index) => String(index)));
    });

    test('watches fire once, for what they were set on', async () => {
      const [watcher, writer] = [await open(), await open()];
      const events: WatchEvent[] = [];
      watcher.onWatch((event) => events.push(event));
      expect(await watcher.exists('/watched', true)).toBeNull();
      await writer.create('/watched', data, 'persistent');
      await watcher.sync('/');
      await watcher.getData('/watched', true);
      await watcher.getChildren('/watched', true);
      await writer.setData('/watched', null, -1);
      await writer.setData('/watched', data, -1);
      await writer.create('/watched/child', null, 'persistent');
      await writer.delete('/watched/child', -1);
      await watcher.sync('/');
      await watcher.exists('/watched', true);
      await watcher.getChildren('/watched', true);
      await writer.delete('/watched', -1);
      await watcher.sync('/');
      expect(events).toEqual([
        { type: 'created', path: '/watched' },
        { type: 'data-changed', path: '/watched' },
        { type: 'children-changed', path: '/watched' },
        { type: 'deleted', path: '/watched' },
      ]);
    });

    test('a read that fails sets no watch', async () => {
      const session = await open();
      const events: WatchEvent[] = [];
      session.onWatch((event) => events.push(event));
      await expect(session.getData('/unwatched', true)).rejects.toMatchObject({ code: 'NO_NODE' });
      await session.create('/unwatched', null, 'persistent');
      await session.sync('/');
      expect(events).toEqual([]);
    });

    test('an event comes before the reply of a read that shows the change', async () => {
      const [watcher, writer] = [await open(), await open()];
      await writer.create('/before', null, 'persistent');
      const log: string[] = [];
      watcher.onWatch(({ type }) => log.push(type));
      await watcher.getChildren('/before', true);
      await writer.create('/before/child', null, 'persistent');
      await watcher.sync('/before');
      const { children } = await watcher.getChildren('/before');
      log.push(...children);
      expect(log).toEqual(['children-changed', 'child']);
    });

    test('a chroot is the root of all that a session sees', async () => {
      const plain = await open();
      await plain.create('/chroot', null, 'persistent');
      await plain.create('/chroot/deep', null, 'persistent');
      const session = await open({ connect: `${subject.connect}/chroot/deep` });
      const events: WatchEvent[] = [];
      session.onWatch((event) => events.push(event));
      expect(await session.create('/n', data, 'persistent')).toBe('/n');
      expect(await session.multi([{ type: 'create', path: '/m', data, mode: 'persistent' }])).toEqual([
        { type: 'create', path: '/m' },
      ]);
      expect((await session.getChildren('/', true)).children.sort()).toEqual(['m', 'n']);
      await expect(session.getData('/none')).rejects.toMatchObject({ path: '/none' });
      await plain.delete('/chroot/deep/n', -1);
      await session.sync('/');
      expect(events).toEqual([{ type: 'children-changed', path: '/' }]);
    });

    test('ACLs are kept as given', async () => {
      const session = await open();
      const acls = [{ permissions: READ | ADMIN, scheme: 'world', id: 'anyone' }];
      await session.create('/acls', data, 'persistent');
      expect((await session.getAcl('/acls')).acls).toEqual([{ permissions: 31, scheme: 'world', id: 'anyone' }]);
      await session.setAcl('/acls', acls, 0);
      expect((await session.getAcl('/acls')).acls).toEqual(acls);
      await expect(session.setData('/acls', null, -1)).rejects.toMatchObject({ code: 'NO_AUTH' });
      await expect(session.setAcl('/acls', acls, 0)).rejects.toMatchObject({ code: 'BAD_VERSION' });
    });

    test('closing ends ephemeral nodes and refuses what comes after', async () => {
      const [session, other] = [await open(), await open()];
      await session.create('/mine', null, 'ephemeral');
      await session.close();
      expect(session.state).toBe('closed');
      await other.sync('/');
      expect(await other.exists('/mine')).toBeNull();
      await expect(session.exists('/mine')).rejects.toMatchObject({ code: 'CONNECTION_LOSS' });
      await session.close();
    });

    test('a session that is over cannot be taken up again', async () => {
      const session = await open();
      const { sessionId, password } = session;
      await session.close();
      await expect(open({ resume: { sessionId, password } })).rejects.toMatchObject({ code: 'SESSION_EXPIRED' });
    });

    test('200 KB of data come back as they went', async () => {
      const session = await open();
      const large = Buffer.alloc(200_000, 'abcdefg');
      await session.create('/large', large, 'persistent');
      expect((await session.getData('/large')).data?.equals(large)).toBe(true);
    });
  });
}
