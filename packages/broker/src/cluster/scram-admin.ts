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

/** The SCRAM credentials of users in ZooKeeper (KIP-554, ZkAdminManager). */
export class ScramAdmin {
  constructor(
    private readonly configs: EntityConfigs,
    private readonly logger: Logger,
  ) {}

  /** Which mechanisms users can log in with; null or none: all users that can with any. */
  async describe(users: readonly string[] | null): Promise<DescribedScramUser[]> {
    if (users === null || users.length === 0) {
      const all = [...(await this.configs.getAll('users'))];
      return all.flatMap(([name, config]) => describedUser(desanitize(name), config) ?? []);
    }
    return Promise.all([...new Set(users)].map((user) => this.describeNamed(user, isTwice(users, user))));
  }

  private async describeNamed(user: string, isNamedTwice: boolean): Promise<DescribedScramUser> {
    const without = (outcome: ScramOutcome): DescribedScramUser => ({ ...outcome, credentialInfos: [] });
    if (user === '') return without(refused(user, 'RESOURCE_NOT_FOUND', EMPTY_NAME));
    if (isNamedTwice) {
      const text = `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`;
      return without(refused(user, 'DUPLICATE_RESOURCE', text));
    }
    const described = describedUser(user, await this.configs.get('users', sanitize(user)));
    const text = `Attempt to describe a user credential that does not exist: ${user}`;
    return described ?? without(refused(user, 'RESOURCE_NOT_FOUND', text));
  }

  /** Removes and sets credentials. All of a user's changes are made, or none. */
  async alter(deletions: readonly ScramDeletion[], upsertions: readonly ScramUpsertion[]): Promise<ScramOutcome[]> {
    const refusals = whatIsWrong(deletions, upsertions);
    const users = new Set([...deletions, ...upsertions].map(({ name }) => name));
    return Promise.all(
      [...users].map(async (user) => {
        const refusal = refusals.get(user);
        if (refusal) return refusal;
        const ofUser = ({ name }: ScramDeletion): boolean => name === user;
        return this.alterUser(user, deletions.filter(ofUser), upsertions.filter(ofUser));
      }),
    );
  }

  private async alterUser(
    user: string,
    deletions: readonly ScramDeletion[],
    upsertions: readonly ScramUpsertion[],
  ): Promise<ScramOutcome> {
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

const isTwice = (names: readonly string[], name: string): boolean => names.indexOf(name) !== names.lastIndexOf(name);

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

/** Mistakes that can be seen without looking into ZooKeeper, by user: the last one where there are several. */
function whatIsWrong(
  deletions: readonly ScramDeletion[],
  upsertions: readonly ScramUpsertion[],
): Map<string, ScramOutcome> {
  const refusals = new Map<string, ScramOutcome>();
  for (const change of [...deletions, ...upsertions]) {
    const refusal = whatIsWrongWith(change);
    if (refusal) refusals.set(change.name, refusal);
  }
  const seen = new Set<string>();
  for (const { name, mechanism } of [...upsertions, ...deletions]) {
    const pair = `${mechanism}/${name}`;
    if (seen.has(pair) && !refusals.has(name)) {
      const text = 'A user credential cannot be altered twice in the same request';
      refusals.set(name, refused(name, 'DUPLICATE_RESOURCE', text));
    }
    seen.add(pair);
  }
  return refusals;
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
