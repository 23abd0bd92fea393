import { createToken, describeTokens, expireToken, renewToken } from '../client/tokens-admin';
import { fakeAdmin } from '../fake-admin';
import { parsePrincipal } from '../principal';
import { exitCodeOf } from '../run-tool';
import { testIo } from '../test-io';
import { delegationTokens } from './command';
import { minuteText, tokenTable } from './token';

const CONNECTION = ['--bootstrap-server', 'localhost:1', '--command-config', '/dev/null'];

async function run(...argv: string[]) {
  const { io, stdout, stderr } = testIo();
  const code = await exitCodeOf(delegationTokens, argv, io);
  return { code, stdout: stdout(), firstError: stderr().split('\n')[0] };
}

it.each([
  [[...CONNECTION], 'Command must include exactly one action: --create, --renew, --expire or --describe'],
  [['--describe'], 'Missing required argument "[bootstrap-server]"'],
  [[...CONNECTION, '--create'], 'Missing required argument "[max-life-time-period]"'],
  [[...CONNECTION, '--renew', '--hmac', 'x'], 'Missing required argument "[renew-time-period]"'],
  [
    [...CONNECTION, '--create', '--max-life-time-period', '1', '--hmac', 'x'],
    'Option "[create]" can\'t be used with option "[hmac]"',
  ],
  [
    [...CONNECTION, '--describe', '--owner-principal', 'alice'],
    'expected a string in format principalType:principalName but got alice',
  ],
])('kafka-delegation-tokens %j is refused', async (argv, firstError) => {
  expect(await run(...argv)).toEqual({ code: 1, stdout: '', firstError });
});

it('says what it calls for before it looks at the hmac', async () => {
  expect(await run(...CONNECTION, '--renew', '--hmac', 'a!', '--renew-time-period', '5')).toEqual({
    code: 1,
    stdout: 'Calling renew token operation with hmac :a! , renew-time-period :5\n',
    firstError: 'Illegal base64 character 21',
  });
});

const HMAC = Buffer.from('hmac');
const ISSUED = new Date(2026, 10, 21, 9, 5).getTime();
const MINUTE = 60_000;

it('lays tokens out as Kafka does', () => {
  const token = {
    tokenId: 'id',
    hmac: HMAC,
    owner: 'User:alice',
    requester: 'User:bob',
    renewers: ['User:c', 'User:d'],
    issueTimestampMs: ISSUED,
    expiryTimestampMs: ISSUED + MINUTE,
    maxTimestampMs: ISSUED + 2 * MINUTE,
  };
  expect(tokenTable([token])).toBe(
    [
      '',
      'TOKENID         HMAC                           OWNER           REQUESTER       RENEWERS                  ISSUEDATE       EXPIRYDATE      MAXDATE        ',
      '',
      'id              aG1hYw==                       User:alice      User:bob        [User:c, User:d]          2026-11-21T09:05 2026-11-21T09:06 2026-11-21T09:07',
      '',
    ].join('\n'),
  );
  expect(minuteText(ISSUED)).toBe('2026-11-21T09:05');
});

describe('brokers are asked', () => {
  const [owner, renewer] = [parsePrincipal('User:alice'), parsePrincipal('Group:x:y')];
  const made = {
    errorCode: 0,
    principalType: 'User',
    principalName: 'alice',
    tokenRequesterPrincipalType: 'User',
    tokenRequesterPrincipalName: 'bob',
    tokenId: 'id',
    hmac: HMAC,
  };

  it('to make a token', async () => {
    const { admin, sent } = fakeAdmin(
      [0],
      {},
      {
        CreateDelegationToken: () => ({ ...made, issueTimestampMs: 1, expiryTimestampMs: 2, maxTimestampMs: 3 }),
      },
    );
    const token = await createToken(admin, owner, [renewer], -1);
    expect(token).toMatchObject({ owner: 'User:alice', requester: 'User:bob', renewers: ['Group:x:y'], hmac: HMAC });
    expect(sent[0]![1]).toEqual({
      ownerPrincipalType: 'User',
      ownerPrincipalName: 'alice',
      renewers: [{ principalType: 'Group', principalName: 'x:y' }],
      maxLifetimeMs: -1,
    });
  });

  it('for tokens; who asked for one of an old broker is its owner', async () => {
    const token = { ...made, tokenRequesterPrincipalType: '', tokenRequesterPrincipalName: '', renewers: [] };
    const { admin, sent } = fakeAdmin(
      [0],
      {},
      {
        DescribeDelegationToken: () => ({ errorCode: 0, tokens: [{ ...token, issueTimestamp: 1 }] }),
      },
    );
    expect(await describeTokens(admin, [])).toMatchObject([{ requester: 'User:alice', issueTimestampMs: 1 }]);
    expect(sent[0]![1]).toEqual({ owners: null });
  });

  it('to renew and to expire', async () => {
    const { admin, sent } = fakeAdmin(
      [0],
      {},
      {
        RenewDelegationToken: () => ({ errorCode: 0, expiryTimestampMs: 7 }),
        ExpireDelegationToken: () => ({ errorCode: 61, expiryTimestampMs: -1 }),
      },
    );
    expect(await renewToken(admin, HMAC, 5)).toBe(7);
    await expect(expireToken(admin, HMAC, -1)).rejects.toThrow('DelegationTokenDisabledException');
    expect(sent.map(([, request]) => request)).toEqual([
      { hmac: HMAC, renewPeriodMs: 5 },
      { hmac: HMAC, expiryTimePeriodMs: -1 },
    ]);
  });
});
