import type { ErrorName } from '@odradek/protocol/errors';
import type { Effect, GroupMetadata, JoinAnswer, Rebalance, SyncAnswer, Ticket } from './group-types';

type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What comes of a group's record: `error` is null once it is committed. */
export type Outcome = (error: ErrorName | null, nowMs: number) => void;

/** What one group wants done, in order, until it is asked for. */
export class Effects {
  #list: Effect[] = [];
  readonly #outcomes = new Map<number, Outcome>();
  #nextToken = 0;

  /** All that was added since the last call. */
  drain(): Effect[] {
    const list = this.#list;
    if (list.length > 0) this.#list = [];
    return list;
  }

  log(level: LogLevel, message: string): void {
    this.#list.push({ type: 'log', level, message });
  }

  answerJoin(ticket: Ticket, answer: JoinAnswer): void {
    this.#list.push({ type: 'answer-join', ticket, answer });
  }

  answerSync(ticket: Ticket, answer: SyncAnswer): void {
    this.#list.push({ type: 'answer-sync', ticket, answer });
  }

  persist(value: GroupMetadata, outcome: Outcome): void {
    const token = this.#nextToken++;
    this.#outcomes.set(token, outcome);
    this.#list.push({ type: 'persist', token, value });
  }

  /** What is to happen once the record with this token is stored, or not; undefined for a token that is not known. */
  takeOutcome(token: number): Outcome | undefined {
    const outcome = this.#outcomes.get(token);
    this.#outcomes.delete(token);
    return outcome;
  }

  rebalanced(group: string, generation: number, members: number, rebalance: Rebalance & { durationMs: number }): void {
    const { memberId, reason, durationMs } = rebalance;
    this.#list.push({ type: 'rebalanced', group, generation, memberId, reason, durationMs, members });
  }
}
