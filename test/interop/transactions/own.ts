import { TransactionTrial, type TrialOptions } from '../../transactions/load/trial';
import type { Stage } from './stage';

const LOAD: Omit<TrialOptions, 'name'> = { copiers: 3, partitions: 3, records: 400, maxRecords: 20 };

type Victim = 'leader' | 'controller' | 'transactions' | 'groups';

/** Our own copiers, under each way in which a broker that matters may end, and their own ends. */
export function ownTrials(): { name: string; run(stage: Stage): Promise<string[]> }[] {
  const victims: readonly Victim[] = ['leader', 'controller', 'transactions', 'groups'];
  return victims.flatMap((victim) =>
    (['kill', 'stop'] as const).map((end) => ({
      name: `own-${end}-${victim}`,
      run: async (stage: Stage): Promise<string[]> => {
        const trial = new TransactionTrial(stage.places, { name: `own-${end}-${victim}`, ...LOAD });
        const verdict = await trial.run(async () => {
          const member =
            victim === 'leader' || victim === 'controller' ? await trial[victim]() : await trial.coordinator(victim);
          await member[end]();
          await trial.more();
          await member.start();
          await trial.more(2);
          for (const copier of trial.copiers) await copier.kill();
          await trial.more(2);
        });
        const { transactions, committed, failures } = verdict;
        console.log(
          `      ${committed} of ${transactions} transactions committed, ${failures.length} lives ended by failures`,
        );
        for (const failure of new Set(failures)) console.log(`        ${failure.slice(0, 200)}`);
        return [...verdict.problems];
      },
    })),
  );
}
