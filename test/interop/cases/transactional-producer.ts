import { setTimeout as sleep } from 'node:timers/promises';
import { AddOffsetsToTxn } from '@odradek/protocol/messages/add-offsets-to-txn';
import { AddPartitionsToTxn } from '@odradek/protocol/messages/add-partitions-to-txn';
import { DescribeTransactions } from '@odradek/protocol/messages/describe-transactions';
import { EndTxn } from '@odradek/protocol/messages/end-txn';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import { ListTransactions } from '@odradek/protocol/messages/list-transactions';
import type { Api } from '@odradek/protocol/schema/api';
import type { Fields } from '@odradek/protocol/schema/fields';
import type { Both, SendOptions } from '../both';
import type { Scenario } from '../main';
import type { SideName } from '../world';
import { untilThereIsABlock } from './ids';

export const TRANSACTION = 1;
const TIMEOUT_MS = 60_000;
const CONCURRENT_TRANSACTIONS = 51;
const UNTIL = { paths: [''], why: 'asked until both are there' };

/** The first question makes the topic; from then on both answer with themselves. */
export async function untilTransactionsAreCoordinated(both: Both): Promise<void> {
  await untilThereIsABlock(both);
  for (let tries = 0; tries < 200; tries++) {
    const key = { key: 'first', keyType: TRANSACTION };
    const asked = await both.send(FindCoordinator, 1, key, { except: UNTIL });
    const listed = await both.send(ListTransactions, 0, { stateFilters: [], producerIdFilters: [] }, { except: UNTIL });
    const described = await both.send(DescribeTransactions, 0, { transactionalIds: ['first'] }, { except: UNTIL });
    const codes = [asked, listed].flatMap(({ ours, apache }) => [ours.errorCode, apache.errorCode]);
    const states = [described.ours, described.apache].map(({ transactionStates: [state] }) => state!.errorCode);
    // TRANSACTIONAL_ID_NOT_FOUND
    if (codes.every((code) => code === 0) && states.every((code) => code === 105)) return;
    await sleep(100);
  }
}

export interface Identity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

export const versionsOf = <A extends Api<Fields, Fields>>({ range: { from, to } }: A): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

export const olderEpoch = ({ producerId, producerEpoch }: Identity): Identity => ({
  producerId,
  producerEpoch: producerEpoch - 1,
});
export const sameEpoch = (own: Identity): Identity => own;

export type Topics = readonly { readonly name: string; readonly partitions: number[] }[];

/** A transactional producer that speaks to both brokers. */
export class Producer {
  private readonly ids: Record<SideName, Identity> = {
    ours: { producerId: -1, producerEpoch: -1 },
    apache: { producerId: -1, producerEpoch: -1 },
  };

  constructor(
    private readonly both: Both,
    readonly transactionalId: string,
  ) {}

  id(side: SideName): Identity {
    return this.ids[side];
  }

  /** Without the epoch that the producer has, unless `expected` says which (of the id's, or what is made of it). */
  async init(
    version: number,
    expected: ((own: Identity) => Identity) | null = null,
    { timeoutMs = TIMEOUT_MS, ...options }: SendOptions & { timeoutMs?: number } = {},
  ): Promise<number> {
    const answers = await this.both.send(
      InitProducerId,
      version,
      (side) => ({
        transactionalId: this.transactionalId,
        transactionTimeoutMs: timeoutMs,
        ...(version >= 3 && expected !== null && expected(this.id(side))),
      }),
      { note: this.transactionalId, ...options },
    );
    for (const side of ['ours', 'apache'] as const) {
      const { errorCode, producerId, producerEpoch } = answers[side];
      if (errorCode === 0) this.ids[side] = { producerId, producerEpoch };
    }
    return answers.ours.errorCode;
  }

  /** Asks until no earlier transaction is in the way. */
  async enter(version = 4): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      const answer = await this.init(version, null, { except: UNTIL });
      if (answer !== CONCURRENT_TRANSACTIONS) break;
      await sleep(50);
    }
  }

  async add(version: number, topics: Topics, change: Partial<Identity> = {}, note = ''): Promise<void> {
    await this.both.send(
      AddPartitionsToTxn,
      version,
      (side) => {
        const { producerId, producerEpoch } = { ...this.id(side), ...change };
        const list = topics.map(({ name, partitions }) => ({ name, partitions }));
        if (version > 3) {
          const { transactionalId } = this;
          return { transactions: [{ transactionalId, producerId, producerEpoch, verifyOnly: false, topics: list }] };
        }
        return {
          v3AndBelowTransactionalId: this.transactionalId,
          v3AndBelowProducerId: producerId,
          v3AndBelowProducerEpoch: producerEpoch,
          v3AndBelowTopics: list,
        };
      },
      { note: `${this.transactionalId} ${note}` },
    );
  }

  async verify(version: number, topics: Topics, change: Partial<Identity> = {}, note = ''): Promise<void> {
    await this.both.send(
      AddPartitionsToTxn,
      version,
      (side) => ({
        transactions: [
          {
            transactionalId: this.transactionalId,
            ...this.id(side),
            ...change,
            verifyOnly: true,
            topics: topics.map(({ name, partitions }) => ({ name, partitions })),
          },
        ],
      }),
      { note: `${this.transactionalId} verify ${note}` },
    );
  }

  async addOffsets(version: number, groupId: string, change: Partial<Identity> = {}, note = ''): Promise<void> {
    const { transactionalId } = this;
    await this.both.send(
      AddOffsetsToTxn,
      version,
      (side) => ({ transactionalId, ...this.id(side), groupId, ...change }),
      { note: `${transactionalId} ${note}` },
    );
  }

  async end(version: number, committed: boolean, change: Partial<Identity> = {}, note = ''): Promise<void> {
    const { transactionalId } = this;
    await this.both.send(EndTxn, version, (side) => ({ transactionalId, ...this.id(side), committed, ...change }), {
      note: `${transactionalId} ${committed} ${note}`,
    });
  }

  async describe(): Promise<void> {
    await this.both.send(DescribeTransactions, 0, { transactionalIds: [this.transactionalId] });
  }

  /** Waits until every partition has its marker. */
  async untilComplete(): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      const request = { transactionalIds: [this.transactionalId] };
      const { ours, apache } = await this.both.send(DescribeTransactions, 0, request, { except: UNTIL });
      const states = [ours, apache].map(({ transactionStates: [state] }) => state!.transactionState);
      if (states.every((state) => state.startsWith('Complete'))) return;
      await sleep(50);
    }
  }
}

/** What a transaction is in while its markers are written. */
export const ENDING = ['PrepareCommit', 'PrepareAbort', 'PrepareEpochFence'];

/** Waits until no transaction is in such a state on either side. */
export async function untilNoneIs(both: Both, stateFilters: string[]): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const request = { stateFilters, producerIdFilters: [] };
    const { ours, apache } = await both.send(ListTransactions, 0, request, { except: UNTIL });
    if ([ours, apache].every((it) => it.errorCode === 0 && it.transactionStates.length === 0)) return;
    await sleep(50);
  }
  throw new Error('there are transactions that do not end');
}

/** Scenarios that end what they have begun: markers that are written later come in the midst of another. */
export const leavingNothingOpen = (scenarios: readonly Scenario[]): Scenario[] =>
  scenarios.map(({ name, run }) => ({
    name,
    run: async (both) => {
      await run(both);
      await untilNoneIs(both, ['Ongoing', ...ENDING]);
    },
  }));
