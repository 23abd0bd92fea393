import { ERRORS } from '@odradek/protocol/errors';
import { Admin, refusalOf } from './admin';
import type { KafkaClient } from './client';

/** How often something is asked for that is refused once. */
async function timesAsked(errorCode: number): Promise<{ asked: number; failure: string | undefined }> {
  const admin = new Admin({} as KafkaClient, 60_000, 1);
  let asked = 0;
  try {
    await admin.call('createTopics', async () => {
      asked++;
      if (asked === 1) throw refusalOf(errorCode);
    });
    return { asked, failure: undefined };
  } catch (thrown) {
    return { asked, failure: (thrown as Error).message };
  }
}

test('what a broker may have begun is not asked for again', async () => {
  expect(await timesAsked(ERRORS.REQUEST_TIMED_OUT.code)).toEqual({ asked: 1, failure: 'The request timed out.' });
});

test('what another controller would do, or this one later, is', async () => {
  expect(await timesAsked(ERRORS.NOT_CONTROLLER.code)).toEqual({ asked: 2, failure: undefined });
  expect(await timesAsked(ERRORS.THROTTLING_QUOTA_EXCEEDED.code)).toEqual({ asked: 2, failure: undefined });
});
