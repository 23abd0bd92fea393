import { fakeAdmin } from '../fake-admin';
import { ServerError } from '../tool-error';
import { executeWithin } from './futures';

describe("a future that is waited for with Java's time-outs", () => {
  const { admin } = fakeAdmin([0], {});
  const never = new Promise<never>(() => undefined);

  it('is given up without saying what was not answered', async () => {
    const given = executeWithin(1, admin, 'describeConfigs', () => never);
    await expect(given).rejects.toMatchObject({ line: 'java.util.concurrent.TimeoutException' });
  });

  it('tells its outcome as other futures do', async () => {
    await expect(executeWithin(60_000, admin, 'describeConfigs', async () => 5)).resolves.toBe(5);
    const refused = executeWithin(60_000, admin, 'describeConfigs', async () => {
      throw new ServerError('INVALID_CONFIG', 'no');
    });
    await expect(refused).rejects.toMatchObject({ className: 'java.util.concurrent.ExecutionException' });
  });
});
