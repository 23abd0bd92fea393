import { type Answers, fakeAdmin } from '../fake-admin';
import { StatusLine } from '../status-line';
import { testIo } from '../test-io';
import { ToolError } from '../tool-error';
import { entry, plan } from './test-plan';
import { awaitPlan, verifyPlan } from './verify';

const reassigning = (...indexes: number[]): object => ({
  errorCode: 0,
  topics: [
    {
      name: 't',
      partitions: indexes.map((partitionIndex) => ({
        partitionIndex,
        replicas: [0, 1],
        addingReplicas: [1],
        removingReplicas: [0],
      })),
    },
  ],
});

/** Waits for a plan whose partitions the brokers answer of, look by look; `looks` counts them. */
async function wait(json: string, ...answers: (object | Error)[]) {
  const terminal = testIo();
  let nowMs = 0;
  let looks = 0;
  const status = new StatusLine({ ...terminal.io, isTerminal: true }, () => nowMs);
  const { admin } = fakeAdmin([0, 1], { t: [[1], [1]] }, {
    ListPartitionReassignments: () => {
      const answer = answers[looks++] ?? reassigning();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  } satisfies Answers);
  const pause = async (): Promise<void> => {
    nowMs += 1_000;
  };
  await awaitPlan(admin, json, status, pause);
  return { looks, shown: terminal.stdout().split('\r\u001b[K').slice(1), stderr: terminal.stderr() };
}

describe('--verify --wait', () => {
  it('waits while partitions of the plan are moved, and shows how far it is', async () => {
    const json = plan(entry('t', 0, [1]), entry('t', 1, [1]));
    expect(await wait(json, reassigning(0, 1), reassigning(1))).toEqual({
      looks: 3,
      shown: ['0 of 2 partitions done', '1 of 2 partitions done'],
      stderr: '',
    });
  });

  it('goes on after a look that failed, unless it was the first', async () => {
    const json = plan(entry('t', 0, [1]));
    const lost = new ToolError('x', 'no controller');
    const { looks, stderr } = await wait(json, reassigning(0), lost, reassigning());
    expect({ looks, stderr }).toEqual({ looks: 3, stderr: 'Error: x: no controller\n' });
    await expect(wait(json, lost)).rejects.toThrow('no controller');
  });

  it('does not wait for others', async () => {
    expect((await wait(plan(entry('t', 0, [1])), reassigning(1))).looks).toBe(1);
  });

  it('verifies to whether everything is where the plan wants it', async () => {
    const { admin } = fakeAdmin([0, 1], { t: [[1], [1]] });
    const choice = { preserveThrottles: true, asJson: false };
    const { io } = testIo();
    expect(await verifyPlan(admin, plan(entry('t', 0, [1])), choice, io)).toBe(true);
    expect(await verifyPlan(admin, plan(entry('t', 0, [1]), entry('t', 1, [0])), choice, io)).toBe(false);
  });
});
