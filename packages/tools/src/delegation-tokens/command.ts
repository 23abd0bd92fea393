import { type Admin, commandProperties, createAdmin } from '../client/admin';
import { createToken, describeTokens, expireToken, renewToken } from '../client/tokens-admin';
import { exitCodeAfter } from '../failures';
import { checkBase64 } from '../java-base64';
import { type Principal, parsePrincipal } from '../principal';
import { type Io, println } from '../print';
import { ToolError } from '../tool-error';
import { type DelegationTokensOptions, parseDelegationTokensArguments } from './options';
import { minuteText, tokenTable } from './token';

/** A period; what is no number stands beside the option, which then has no argument: Java's tool stumbles over that. */
function periodOf(
  options: DelegationTokensOptions,
  name: 'max-life-time-period' | 'renew-time-period' | 'expiry-time-period',
): number {
  const period = options.valueOf(name);
  if (period !== undefined) return period;
  throw new ToolError(
    'java.lang.NullPointerException',
    'Cannot invoke "java.lang.Long.longValue()" because the return value of "joptsimple.OptionSet.valueOf(joptsimple.OptionSpec)" is null',
  );
}

const principalsOf = (options: DelegationTokensOptions, name: 'owner-principal' | 'renewer-principal'): Principal[] =>
  options.valuesOf(name).map((text) => parsePrincipal(text.trim()));

const listed = (principals: readonly Principal[]): string => `[${principals.map(({ text }) => text).join(', ')}]`;

function hmacOf(text: string): Buffer {
  checkBase64(text, 'standard');
  return Buffer.from(text, 'base64');
}

async function create(admin: Admin, options: DelegationTokensOptions, io: Io): Promise<void> {
  const renewers = principalsOf(options, 'renewer-principal');
  const maxLifetimeMs = periodOf(options, 'max-life-time-period');
  const what = `renewers :${listed(renewers)} , max-life-time-period :${maxLifetimeMs}`;
  println(io.stdout, `Calling create token operation with ${what}`);
  const [owner] = principalsOf(options, 'owner-principal');
  const token = await createToken(admin, owner, renewers, maxLifetimeMs);
  println(io.stdout, `Created delegation token with tokenId : ${token.tokenId}`);
  io.stdout.write(tokenTable([token]));
}

async function renew(admin: Admin, options: DelegationTokensOptions, io: Io): Promise<void> {
  const hmac = options.valueOf('hmac')!;
  const periodMs = periodOf(options, 'renew-time-period');
  println(io.stdout, `Calling renew token operation with hmac :${hmac} , renew-time-period :${periodMs}`);
  const expiryMs = await renewToken(admin, hmacOf(hmac), periodMs);
  println(io.stdout, `Completed renew operation. New expiry date : ${minuteText(expiryMs)}`);
}

async function expire(admin: Admin, options: DelegationTokensOptions, io: Io): Promise<void> {
  const hmac = options.valueOf('hmac')!;
  const periodMs = periodOf(options, 'expiry-time-period');
  println(io.stdout, `Calling expire token operation with hmac :${hmac} , expire-time-period :${periodMs}`);
  const expiryMs = await expireToken(admin, hmacOf(hmac), periodMs);
  println(io.stdout, `Completed expire operation. New expiry date : ${minuteText(expiryMs)}`);
}

async function describe(admin: Admin, options: DelegationTokensOptions, io: Io): Promise<void> {
  const owners = principalsOf(options, 'owner-principal');
  const whose = owners.length === 0 ? ' for current user.' : ` for owners: ${listed(owners)}`;
  println(io.stdout, `Calling describe token operation${whose}`);
  const tokens = await describeTokens(admin, owners);
  println(io.stdout, `Total number of tokens : ${tokens.length}`);
  io.stdout.write(tokenTable(tokens));
}

/** kafka-delegation-tokens (org.apache.kafka.tools.DelegationTokenCommand). */
export const delegationTokens = (argv: readonly string[], io: Io): Promise<number> =>
  exitCodeAfter(io, async () => {
    const options = parseDelegationTokensArguments(argv, io);
    const properties = commandProperties(options.valueOf('command-config'));
    const admin = await createAdmin(properties, options.valueOf('bootstrap-server')!, io);
    try {
      if (options.has('create')) await create(admin, options, io);
      else if (options.has('renew')) await renew(admin, options, io);
      else if (options.has('expire')) await expire(admin, options, io);
      else await describe(admin, options, io);
    } finally {
      admin.close();
    }
  });
