import type { ErrorName } from '@odradek/protocol/errors';
import { Group } from '../group';
import type {
  Effect,
  GroupMetadata,
  GroupSettings,
  JoinAnswer,
  JoinRequest,
  SyncAnswer,
  SyncRequest,
} from '../group-types';

/** A request on its way: what it was answered, once it is. */
export interface Call<Answer> {
  readonly sentAtMs: number;
  readonly answers: Answer[];
}

export interface Persist {
  readonly token: number;
  readonly value: GroupMetadata;
  readonly askedAtMs: number;
}

type Rebalanced = Extract<Effect, { type: 'rebalanced' }>;

const SETTINGS: GroupSettings = { partition: 7, initialRebalanceDelayMs: 3000, maxSize: 2_147_483_647 };

/** A group, its clock, a log that stores when it is told to, and clients that note their answers. */
export class GroupWorld {
  nowMs = 1_000_000;
  group: Group;
  readonly persists: Persist[] = [];
  readonly logs: string[] = [];
  readonly rebalances: Rebalanced[] = [];
  #ids = 0;

  constructor(
    settings: Partial<GroupSettings> = {},
    /** Whether records are stored at once. */
    readonly storesAtOnce = true,
  ) {
    this.group = new Group('g', { ...SETTINGS, ...settings }, this.nowMs);
  }

  /** The group as a coordinator knows it that has loaded this record. */
  reload(value: GroupMetadata, settings: Partial<GroupSettings> = {}): void {
    this.group = Group.fromRecord('g', value, { ...SETTINGS, ...settings }, this.nowMs);
    this.run(this.group.loaded(this.nowMs));
  }

  send(request: Partial<JoinRequest> = {}): Call<JoinAnswer> {
    const call: Call<JoinAnswer> = { sentAtMs: this.nowMs, answers: [] };
    const full: JoinRequest = {
      memberId: '',
      groupInstanceId: null,
      clientId: 'client',
      clientHost: '/127.0.0.1',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from('metadata') }],
      reason: null,
      requireKnownMemberId: false,
      supportSkippingAssignment: true,
      memberIdSuffix: String(this.#ids++),
      ...request,
    };
    this.run(this.group.join(full, call, this.nowMs));
    return call;
  }

  /** A join that is answered at once. */
  join(request: Partial<JoinRequest> = {}): JoinAnswer {
    return answerOf(this.send(request));
  }

  sendSync(request: Partial<SyncRequest> & { memberId: string }): Call<SyncAnswer> {
    const call: Call<SyncAnswer> = { sentAtMs: this.nowMs, answers: [] };
    const full: SyncRequest = {
      groupInstanceId: null,
      generationId: this.group.generation,
      protocolType: null,
      protocolName: null,
      assignments: [],
      ...request,
    };
    this.run(this.group.sync(full, call, this.nowMs));
    return call;
  }

  sync(request: Partial<SyncRequest> & { memberId: string }): SyncAnswer {
    return answerOf(this.sendSync(request));
  }

  heartbeat(memberId: string, generationId = this.group.generation, groupInstanceId: string | null = null): ErrorName {
    return this.group.heartbeat({ memberId, generationId, groupInstanceId }, this.nowMs);
  }

  leave(memberId: string, groupInstanceId: string | null = null, reason: string | null = null): ErrorName {
    const { error, results, effects } = this.group.leave([{ memberId, groupInstanceId, reason }], this.nowMs);
    this.run(effects);
    return error === 'NONE' ? results[0]!.error : error;
  }

  /** Lets the time pass, ticking as a shell with one timer does. */
  pass(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    for (let next = this.group.nextDeadlineMs(); next !== null && next <= untilMs; next = this.group.nextDeadlineMs()) {
      this.nowMs = Math.max(next, this.nowMs);
      this.run(this.group.tick(this.nowMs));
    }
    this.nowMs = untilMs;
  }

  /** The outcome of the oldest record that is not stored yet, or of the one at `index`. */
  store(error: ErrorName | null = null, index = 0): void {
    const [persist] = this.persists.splice(index, 1);
    this.run(this.group.persisted(persist!.token, error, this.nowMs));
  }

  run(effects: readonly Effect[]): void {
    for (const effect of effects) this.#do(effect);
    if (this.storesAtOnce) while (this.persists.length > 0) this.store();
  }

  #do(effect: Effect): void {
    switch (effect.type) {
      case 'answer-join':
      case 'answer-sync':
        take(effect.ticket as Call<JoinAnswer | SyncAnswer>, effect.answer);
        return;
      case 'persist':
        this.persists.push({ token: effect.token, value: effect.value, askedAtMs: this.nowMs });
        return;
      case 'log':
        this.logs.push(effect.message);
        return;
      case 'rebalanced':
        this.rebalances.push(effect);
        return;
      default:
        effect satisfies never;
    }
  }
}

function take<Answer>({ answers }: Call<Answer>, answer: Answer): void {
  if (answers.length > 0) throw new Error('answered twice');
  answers.push(answer);
}

/** The one answer of a call. */
export function answerOf<Answer>(call: Call<Answer>): Answer {
  if (call.answers.length !== 1) throw new Error(`${call.answers.length} answers`);
  return call.answers[0]!;
}
