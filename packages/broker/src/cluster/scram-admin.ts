import { ERRORS, type ErrorName } from '@odradek/protocol/errors';
import type { Logger } from '../env/logger';
import type { EntityConfigs } from '../zookeeper/entity-configs';
import { desanitize, type EntityConfig, sanitize } from '../zookeeper/znodes';
import { formatScramCredential, parseScramCredential, SCRAM_MECHANISMS, scramCredential } from './scram-credentials';

export interface ScramDeletion {
  readonly name: string;
  readonly mechanism: number;
}

export interface ScramUpsertion extends ScramDeletion {
  readonly iterations: number;
  readonly salt: Buffer;
  /** The password after PBKDF2: the broker never sees it plain. */
  readonly saltedPassword: Buffer;
}

/** What became of one user's credentials; no text where all went well. */
export interface ScramOutcome {
  readonly user: string;
  readonly errorCode: number;
  readonly errorMessage: string;
}

export interface DescribedScramUser extends ScramOutcome {
  readonly credentialInfos: readonly { readonly mechanism: number; readonly iterations: number }[];
}

const MIN_ITERATIONS = 4_096;
const MAX_ITERATIONS = 16_384;
const EMPTY_NAME = 'Username must not be empty';

const done = (user: string): ScramOutcome => ({ user, errorCode: 0, errorMessage: '' });
const refused = (user: string, error: ErrorName, text: string = ERRORS[error].message): ScramOutcome => ({
  user,
  errorCode: ERRORS[error].code,
  errorMessage: text,
});

/** What is asked for one user; `refusal` where that cannot be done, whatever ZooKeeper holds. */
export interface ScramChange {
  readonly user: string;
  readonly refusal: ScramOutcome | null;
  readonly deletions: readonly ScramDeletion[];
  readonly upsertions: readonly ScramUpsertion[];
}

/** The SCRAM credentials of users in ZooKeeper (KIP-554, ZkAdminManager). */
export class ScramAdmin {
  constructor(
    private readonly configs: EntityConfigs,
    private readonly logger: Logger,
  ) {}

  /** By which mechanisms users can log in: all users that can by any. */
  async describeAll(): Promise<DescribedScramUser[]> {
    const all = [...(await this.configs.getAll('users'))];
    return all.flatMap(([name, config]) => describedUser(desanitize(name), config) ?? []);
  }

  /** As `describeAll`, for one user, who is to be asked for once in a request. */
  async describe(user: string, timesAsked: number): Promise<DescribedScramUser> {
    const without = (outcome: ScramOutcome): DescribedScramUser => ({ ...outcome, credentialInfos: [] });
    if (user === '') return without(refused(user, 'RESOURCE_NOT_FOUND', EMPTY_NAME));
    if (timesAsked > 1) {
      const text = `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`;
      return without(refused(user, 'DUPLICATE_RESOURCE', text));
    }
    const described = describedUser(user, await this.configs.get('users', sanitize(user)));
    const text = `Attempt to describe a user credential that does not exist: ${user}`;
    return described ?? without(refused(user, 'RESOURCE_NOT_FOUND', text));
  }

  /** Makes all of a user's changes, or none. */
  async alter({ user, refusal, deletions, upsertions }: ScramChange): Promise<ScramOutcome> {
    if (refusal) return refusal;
    try {
      const config = { ...(await this.configs.get('users', sanitize(user))) };
      for (const { mechanism } of deletions) {
        const { name } = SCRAM_MECHANISMS.get(mechanism)!;
        if (!(name in config)) {
          return refused(user, 'RESOURCE_NOT_FOUND', 'Attempt to delete a user credential that does not exist');
        }
        delete config[name];
      }
      for (const upsertion of upsertions) {
        // No HMAC has an empty key in Java.
        if (upsertion.saltedPassword.length === 0) return refused(user, 'UNKNOWN_SERVER_ERROR');
        const mechanism = SCRAM_MECHANISMS.get(upsertion.mechanism)!;
        config[mechanism.name] = formatScramCredential(scramCredential(mechanism, upsertion));
      }
      await this.configs.change('users', sanitize(user), config);
      return done(user);
    } catch (error) {
      this.logger.error(`Error processing alter user scram credential request for user ${user}`, { error });
      return refused(user, 'UNKNOWN_SERVER_ERROR');
    }
  }
}

/** What a request asks for, user by user. */
export function scramChanges(
  deletions: readonly ScramDeletion[],
  upsertions: readonly ScramUpsertion[],
): ScramChange[] {
  const byUser = new Map<string, { deletions: ScramDeletion[]; upsertions: ScramUpsertion[] }>();
  const changesOf = (user: string) => {
    const changes = byUser.get(user) ?? { deletions: [], upsertions: [] };
    byUser.set(user, changes);
    return changes;
  };
  for (const deletion of deletions) changesOf(deletion.name).deletions.push(deletion);
  for (const upsertion of upsertions) changesOf(upsertion.name).upsertions.push(upsertion);
  return [...byUser].map(([user, changes]) => ({ user, refusal: whatIsWrong(user, changes), ...changes }));
}

/** Null for a user who has no credential, but quotas perhaps. */
function describedUser(user: string, config: EntityConfig): DescribedScramUser | null {
  const stored = [...SCRAM_MECHANISMS].flatMap(([mechanism, { name }]) => {
    const text = config[name];
    return text === undefined ? [] : [{ mechanism, credential: parseScramCredential(text) }];
  });
  if (stored.length === 0) return null;
  const credentialInfos = stored.flatMap(({ mechanism, credential }) =>
    credential ? [{ mechanism, iterations: credential.iterations }] : [],
  );
  if (credentialInfos.length < stored.length) return { ...refused(user, 'UNKNOWN_SERVER_ERROR'), credentialInfos: [] };
  return { ...done(user), credentialInfos };
}

/** A mistake that can be seen without looking into ZooKeeper: the last one where there are several. */
function whatIsWrong(
  user: string,
  { deletions, upsertions }: Pick<ScramChange, 'deletions' | 'upsertions'>,
): ScramOutcome | null {
  const changes = [...deletions, ...upsertions];
  const wrong = changes.flatMap((change) => whatIsWrongWith(change) ?? []).at(-1);
  if (wrong) return wrong;
  const isOnceEach = new Set(changes.map(({ mechanism }) => mechanism)).size === changes.length;
  const text = 'A user credential cannot be altered twice in the same request';
  return isOnceEach ? null : refused(user, 'DUPLICATE_RESOURCE', text);
}

function whatIsWrongWith(change: ScramDeletion | ScramUpsertion): ScramOutcome | null {
  const { name, mechanism } = change;
  if (name === '') return refused(name, 'UNACCEPTABLE_CREDENTIAL', EMPTY_NAME);
  if (!SCRAM_MECHANISMS.has(mechanism)) return refused(name, 'UNSUPPORTED_SASL_MECHANISM', 'Unknown SCRAM mechanism');
  if (!('iterations' in change)) return null;
  if (change.iterations > MAX_ITERATIONS) return refused(name, 'UNACCEPTABLE_CREDENTIAL', 'Too many iterations');
  if (change.iterations < MIN_ITERATIONS) return refused(name, 'UNACCEPTABLE_CREDENTIAL', 'Too few iterations');
  return null;
}
