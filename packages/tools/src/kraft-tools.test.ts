import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseUuid } from './java-uuid';
import { metadataQuorum } from './metadata-quorum/command';
import { newControllerOf } from './metadata-quorum/controller-config';
import { exitCodeOf, type Tool } from './run-tool';
import { securityMigration } from './security-migration/command';
import { randomUuid, storage } from './storage/command';
import { testIo } from './test-io';

async function run(tool: Tool, ...argv: string[]) {
  const { io, stdout, stderr } = testIo();
  const code = await exitCodeOf(tool, argv, io);
  return { code, stdout: stdout(), stderr: stderr() };
}

const SERVER = ['--bootstrap-server', 'localhost:1'];
const UUID = 'AAAAAAAAAAAAAAAAAAAAAQ';

describe('kafka-metadata-quorum', () => {
  it.each([
    [['describe'], 'One of --status or --replication must be specified with describe sub-command\n'],
    [
      ['describe', '--status', '--replication'],
      'Only one of --status or --replication should be specified with describe sub-command\n',
    ],
    [
      ['describe', '--status', '--human-readable'],
      'The option --human-readable is only supported along with --replication\n',
    ],
    [
      ['add-controller'],
      'You must supply the configuration file of the controller you are adding when using add-controller.\n',
    ],
    [['remove-controller', '-i', '-1', '-d', UUID], 'Invalid negative --controller-id: -1\n'],
    [
      ['remove-controller', '-i', '1', '-d', 'AAAA'],
      'Failed to parse --controller-directory-id: Input string `AAAA` decoded as 3 bytes, which is not equal to the expected 16 bytes of a base64-encoded UUID\n',
    ],
  ])('refuses %j before it connects', async (argv, text) => {
    expect(await run(metadataQuorum, ...SERVER, ...argv)).toEqual({ code: 1, stdout: '', stderr: text });
  });

  it('says what a dry run would remove', async () => {
    const { code, stdout } = await run(
      metadataQuorum,
      ...SERVER,
      'remove-controller',
      '-i',
      '1',
      '-d',
      UUID,
      '--dry-run',
    );
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `DRY RUN of removing  KRaft controller 1 with directory id ${UUID}\n`,
    });
  });

  it('ends with 0 after its help', async () => {
    const { code, stdout } = await run(metadataQuorum, '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('This tool describes kraft metadata quorum status.');
  });
});

describe('with log directories', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'storage-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const logDir = (name: string, ...lines: string[]): string => {
    mkdirSync(join(home, name));
    writeFileSync(join(home, name, 'meta.properties'), lines.join('\n'));
    return join(home, name);
  };

  async function info(...lines: string[]) {
    const path = join(home, 'server.properties');
    writeFileSync(path, lines.join('\n'));
    const { code, stdout } = await run(storage, 'info', '-c', path);
    return { code, stdout: stdout.replaceAll(home, '~') };
  }

  it('kafka-storage tells what it found', async () => {
    const dir = logDir('a', 'version=0', 'cluster.id=c', 'broker.id=0');
    expect(await info('zookeeper.connect=x:1', `log.dirs=${dir}`)).toEqual({
      code: 0,
      stdout: 'Found log directory:\n  ~/a\n\nFound metadata: {broker.id=0, cluster.id=c, version=0}\n\n',
    });
  });

  it('kafka-storage tells of every problem', async () => {
    const [a, b] = [logDir('a', 'cluster.id=c'), logDir('b', 'cluster.id=d')];
    mkdirSync(join(home, 'c'));
    writeFileSync(join(home, 'd'), '');
    const dirs = [b, a, ...['c', 'd', 'e'].map((name) => join(home, name))].join(',');
    expect(await info('process.roles=broker', `log.dirs=${dirs}`)).toEqual({
      code: 1,
      stdout: [
        'Found log directories:\n  ~/a\n  ~/b\n  ~/c\n',
        'Found metadata: {cluster.id=c, version=0}\n',
        'Found problems:\n  Mismatched cluster IDs between storage directories.\n  ~/c is not formatted.',
        '  ~/d is not a directory\n  ~/e does not exist',
        '  The kafka configuration file appears to be for a cluster in KRaft mode, but the directories are formatted for legacy mode.\n\n',
      ].join('\n'),
    });
  });

  it('kafka-storage formats nothing for brokers on ZooKeeper', async () => {
    const path = join(home, 'server.properties');
    writeFileSync(path, 'zookeeper.connect=x:1');
    expect(await run(storage, 'format', '-t', UUID, '-c', path)).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'The kafka configuration file appears to be for a legacy cluster. Formatting is only supported for clusters in KRaft mode.\n',
    });
  });

  it('kafka-metadata-quorum reads a controller out of its configuration', () => {
    const dir = logDir('a', 'version=1', `directory.id=${UUID}`);
    const settings: [string, string][] = [
      ['node.id', '3'],
      ['process.roles', 'broker,controller'],
      ['log.dirs', `${dir},/elsewhere`],
      ['controller.listener.names', 'controller'],
      ['listeners', 'PLAINTEXT://:9092,CONTROLLER://:9093'],
    ];
    expect(newControllerOf(new Map(settings))).toEqual({
      id: 3,
      directoryId: UUID,
      endpoints: ['CONTROLLER://localhost:9093'],
    });
    const advertised = new Map([...settings, ['advertised.listeners', 'CONTROLLER://h:1']] as [string, string][]);
    expect(newControllerOf(advertised).endpoints).toEqual(['CONTROLLER://h:1']);
    expect(() => newControllerOf(new Map([...settings.slice(0, 4)]))).toThrow(
      'Cannot find information about controller listener name: CONTROLLER',
    );
    expect(() => newControllerOf(new Map(settings.slice(0, 1)))).toThrow(/^process.roles did not contain 'controller'/);
  });
});

describe('uuids', () => {
  it('are random ones of version 4 that begin with no dash', () => {
    const bytes = Buffer.from(randomUuid(), 'base64url');
    expect([bytes.length, bytes[6]! >> 4, bytes[8]! >> 6, bytes[0]! >> 2 === 62]).toEqual([16, 4, 2, false]);
  });

  it.each([
    ['x', 'Input byte[] should at least have 2 bytes for base64 bytes'],
    ['AAAAA', 'Last unit does not have enough valid bits'],
    ['AAAAA=', 'Last unit does not have enough valid bits'],
    ['AAAAAAAAAAAAAAAAAAAAA!', 'Illegal base64 character 21'],
    ['A'.repeat(27), `Input string with prefix \`${'A'.repeat(24)}\` is too long to be decoded as a base64 UUID`],
  ])('%s is none', (text, why) => {
    expect(() => parseUuid(text)).toThrow(why);
  });
});

describe('zookeeper-security-migration', () => {
  it.each([
    [['--zookeeper.acl', 'secure'], /^ERROR: No JAAS configuration file .*\n.*: Incorrect configuration\n$/],
    [['--foo'], /^joptsimple.UnrecognizedOptionException: foo is not a recognized option\n$/],
  ])('%j is refused', async (argv, text) => {
    const { code, stdout, stderr } = await run(securityMigration, ...argv);
    expect(stderr).toMatch(text);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});
