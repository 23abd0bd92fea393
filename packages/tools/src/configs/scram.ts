import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { illegalArgument } from '../tool-error';

/** SCRAM mechanisms with their numbers on the wire and the hash they use. */
export const SCRAM_MECHANISMS = {
  'SCRAM-SHA-256': { number: 1, hash: 'sha256', keyBytes: 32, minIterations: 4096 },
  'SCRAM-SHA-512': { number: 2, hash: 'sha512', keyBytes: 64, minIterations: 4096 },
} as const;

export type ScramMechanism = keyof typeof SCRAM_MECHANISMS;

export const isScram = (name: string): name is ScramMechanism => Object.hasOwn(SCRAM_MECHANISMS, name);

const DEFAULT_ITERATIONS = 4096;
const SALT_BYTES = 24;

export interface SaltedPassword {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly saltedPassword: Buffer;
}

/**
 * `[iterations=8192,password=secret]`, salted. Throws `ToolError` with ConfigCommand's messages, which call the mechanism
 * by its own name or, where ZooKeeper is written to, by that of Java's enum constant.
 */
export function saltPassword(
  mechanism: ScramMechanism,
  text: string,
  { salt = randomBytes(SALT_BYTES), spoken = mechanism as string } = {},
): SaltedPassword {
  const match = /^(?:iterations=(-?[0-9]*),)?password=(.*)$/.exec(text);
  const { hash, keyBytes, minIterations } = SCRAM_MECHANISMS[mechanism];
  // The mechanism prints as Java's enum constant does.
  if (!match) throw illegalArgument(`Invalid credential property ${mechanism.replaceAll('-', '_')}=${text}`);
  const iterations = match[1] === undefined || match[1] === '-1' ? DEFAULT_ITERATIONS : Number(match[1]);
  if (iterations < minIterations) {
    throw illegalArgument(`Iterations ${iterations} is less than the minimum ${minIterations} required for ${spoken}`);
  }
  return { iterations, salt, saltedPassword: pbkdf2Sync(match[2]!, salt, iterations, keyBytes, hash) };
}

/** A credential as ZooKeeper keeps it (ScramCredentialUtils.credentialToString, RFC 5802). */
export function storedCredential(
  mechanism: ScramMechanism,
  { iterations, salt, saltedPassword }: SaltedPassword,
): string {
  const { hash } = SCRAM_MECHANISMS[mechanism];
  const hmac = (text: string): Buffer => createHmac(hash, saltedPassword).update(text).digest();
  const storedKey = createHash(hash).update(hmac('Client Key')).digest('base64');
  const serverKey = hmac('Server Key').toString('base64');
  return `salt=${salt.toString('base64')},stored_key=${storedKey},server_key=${serverKey},iterations=${iterations}`;
}
