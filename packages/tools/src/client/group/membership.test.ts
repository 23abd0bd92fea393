import { ServerError } from '../../tool-error';
import type { CoordinatorLink } from '../coordinator-link';
import type { GroupSettings } from './group-config';
import { type MemberState, Membership } from './membership';

const SETTINGS = {
  clientId: 'c',
  groupId: 'g',
  retryBackoffMs: 100,
  requestTimeoutMs: 30_000,
  maxPollIntervalMs: 300_000,
};

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('who waits long for a coordinator is told so once', async () => {
  let error: 'COORDINATOR_NOT_AVAILABLE' | 'INVALID_GROUP_ID' = 'COORDINATOR_NOT_AVAILABLE';
  const coordinator = {
    forget: () => {},
    async send() {
      throw new ServerError(error);
    },
  };
  const lines: string[] = [];
  const member = new Membership(
    coordinator as unknown as CoordinatorLink,
    SETTINGS as unknown as GroupSettings,
    {} as MemberState,
    (level, message) => void lines.push(`${level} ${message}`),
    () => {},
  );
  const joined = expect(member.join()).rejects.toThrow(ServerError);
  await jest.advanceTimersByTimeAsync(4_900);
  expect(lines).toEqual([]);
  await jest.advanceTimersByTimeAsync(60_000);
  expect(lines).toEqual([
    expect.stringMatching(
      /^WARN \[Consumer clientId=c, groupId=g\] The group has had no coordinator for 5 seconds .*offsets\.topic\.replication\.factor.*kafka-doctor\.sh/,
    ),
  ]);
  error = 'INVALID_GROUP_ID';
  await jest.advanceTimersByTimeAsync(100);
  await joined;
});
