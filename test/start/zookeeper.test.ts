import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '../support/ports';
import { home, removeDir, tempDir } from '../support/process';
import { runningServers } from '../support/servers';
import { runTool } from '../support/tool';
import { startEnsemble, startZooKeeper, type TestZooKeeper } from '../support/zookeeper';

const connected = 'WATCHER::\n\nWatchedEvent state:SyncConnected type:None path:null\n';

describe('zookeeper-shell against a real server', () => {
  let zooKeeper: TestZooKeeper;
  const shell = (...words: string[]) => runTool('zookeeper-shell', [zooKeeper.connect, ...words]);
  const typed = (input: string) => runTool('zookeeper-shell', [zooKeeper.connect], { input });

  beforeAll(async () => {
    zooKeeper = await startZooKeeper();
  });
  afterAll(() => zooKeeper.stop());

  test('one command: its output, and its exit code', async () => {
    const { code, stdout, stderr } = await shell('ls', '/');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`Connecting to ${zooKeeper.connect}\n\n${connected}[zookeeper]\n`);
  });

  test('commands from a pipe: banner, watches, the last command decides the exit code', async () => {
    const { code, stdout, stderr } = await typed('create /w "two words"\nget -w /w\nset /w again\nget /w\nget /none\n');
    expect(stdout).toBe(
      [
        `Connecting to ${zooKeeper.connect}\nWelcome to ZooKeeper!\nJLine support is disabled\n\n${connected}two words`,
        '',
        'WATCHER::',
        '',
        'WatchedEvent state:SyncConnected type:NodeDataChanged path:/w',
        'again\n',
      ].join('\n'),
    );
    expect(stderr).toMatch(/^Created \/w\nNode does not exist: \/none\n\[.*\] ERROR Exiting JVM with code 1 /);
    expect(code).toBe(1);
  });

  test('quit ends the session, whose ephemeral nodes go at once', async () => {
    await typed('create -e /gone x\nquit\n');
    await expect(shell('get', '/gone')).resolves.toMatchObject({ code: 1 });
  });

  test('stat prints the block of ZooKeeper', async () => {
    await shell('create', '/s', 'hello');
    const { stdout } = await shell('stat', '/s');
    const [, block] = stdout.split(connected);
    expect(
      block!.replace(/0x[1-9a-f][0-9a-f]*/g, '0xN').replace(/time = \w{3} \w{3} \d\d [\d:]{8} \S+ \d{4}/g, 'time = T'),
    ).toBe(
      [
        ...['cZxid = 0xN', 'ctime = T', 'mZxid = 0xN', 'mtime = T', 'pZxid = 0xN', 'cversion = 0', 'dataVersion = 0'],
        ...['aclVersion = 0', 'ephemeralOwner = 0x0', 'dataLength = 5', 'numChildren = 0\n'],
      ].join('\n'),
    );
  });

  test('versions guard set and delete; deleteall takes the whole tree', async () => {
    const { stderr } = await typed(
      'create /t\ncreate /t/a\ncreate /t/a/b\nset -v 7 /t x\ndelete -v 7 /t\ndelete /t\ndeleteall /t\nls -R /t\n',
    );
    expect(stderr.split('\n').slice(0, 7)).toEqual([
      'Created /t',
      'Created /t/a',
      'Created /t/a/b',
      'version No is not valid : /t',
      'version No is not valid : /t',
      'Node not empty: /t',
      'Node does not exist: /t',
    ]);
  });

  test('a command that does not exist: usage and exit code 127', async () => {
    const { code, stderr } = await shell('frobnicate');
    expect(code).toBe(127);
    expect(stderr).toContain('\nCommand not found: Command not found frobnicate\n');
  });

  test('sessions go on after ZooKeeper was killed and came back', async () => {
    await shell('create', '/kept', 'data');
    await zooKeeper.kill();
    await zooKeeper.restart();
    await expect(shell('get', '/kept')).resolves.toMatchObject({
      code: 0,
      stdout: expect.stringContaining('\ndata\n'),
    });
  });
});

test('zookeeper-shell where nobody listens says so and ends with 1', async () => {
  const { code, stderr } = await runTool('zookeeper-shell', [`127.0.0.1:${await freePort()}`, 'ls', '/']);
  expect(code).toBe(1);
  expect(stderr).toContain('KeeperErrorCode = ConnectionLoss for /');
});

test('an ensemble of three outlives one member', async () => {
  const servers = await startEnsemble(3);
  try {
    const [first, second, third] = servers as [TestZooKeeper, TestZooKeeper, TestZooKeeper];
    expect((await runTool('zookeeper-shell', [first.connect, 'create', '/everywhere', 'yes'])).code).toBe(0);
    await first.kill();
    const connect = `${second.connect},${third.connect}`;
    const { stdout } = await runTool('zookeeper-shell', [connect], { input: 'sync /\nget /everywhere\n' });
    expect(stdout).toContain('\nyes\n');
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
});

describe('zookeeper-server-start.sh', () => {
  test('-daemon returns at once and writes to $LOG_DIR/zookeeper.out, also through a link and a path with blanks', async () => {
    const dir = tempDir('daemon with blanks');
    const [port, link, out] = [
      await freePort(),
      path.join(dir, 'start zookeeper'),
      path.join(dir, 'logs', 'zookeeper.out'),
    ];
    fs.symlinkSync(path.join(home, 'bin', 'zookeeper-server-start.sh'), link);
    fs.writeFileSync(
      path.join(dir, 'my zoo.properties'),
      `dataDir=${dir}/data\nclientPort=${port}\nadmin.enableServer=false\n`,
    );
    const started = await runTool(link, ['-daemon', 'my zoo.properties'], {
      cwd: dir,
      env: { LOG_DIR: path.join(dir, 'logs') },
    });
    expect(started).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const pid = await pidOfServer(
      dir,
      () => fs.existsSync(out) && fs.readFileSync(out, 'utf8').includes('binding to port'),
    );
    process.kill(pid);
    removeDir(dir);
  });

  test.each([[[]], [['-daemon']]])(
    'a member of an ensemble without its number is told so on the spot: %j',
    async (words) => {
      const dir = tempDir('myid');
      const file = path.join(dir, 'zoo.properties');
      const servers = [1, 2, 3].map((id) => `server.${id}=127.0.0.1:${2887 + id}:${3887 + id}\n`).join('');
      fs.writeFileSync(file, `dataDir=${dir}/data\nclientPort=1\n${servers}`);
      const { code, stdout, stderr } = await runTool('zookeeper-server-start', [...words, file]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toBe(
        `${file}: ${dir}/data/myid is missing. It holds the number of this server, one of 1, 2, 3. ` +
          `Write it once, here with 3 for server.3: mkdir -p ${dir}/data && echo 3 > ${dir}/data/myid\n`,
      );
      removeDir(dir);
    },
  );

  test('without a file: usage and exit code 1', async () => {
    const script = path.join(home, 'bin', 'zookeeper-server-start.sh');
    const usage = `USAGE: ${script} [-daemon] zookeeper.properties\n`;
    await expect(runTool(script, [])).resolves.toMatchObject({ code: 1, stdout: usage });
  });
});

/** Waits until the daemon says it serves and finds its process by its working folder, which no other has. */
async function pidOfServer(cwd: string, serves: () => boolean): Promise<number> {
  const deadlineMs = Date.now() + 20_000;
  while (!serves()) {
    if (Date.now() > deadlineMs) throw new Error('the daemon does not serve');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const found = (await runningServers('zooKeepersAmong')).find((server) => server.cwd === cwd);
  return found!.pid;
}
