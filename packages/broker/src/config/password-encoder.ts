import { createCipheriv, createDecipheriv, pbkdf2Sync } from 'node:crypto';
import type { Random } from '../env/random';
import { ConfigException } from './errors';

/** How `password.encoder.…` says passwords are to be encrypted before they go into ZooKeeper. */
export interface PasswordEncoderConfig {
  readonly secret: string;
  /** Java's name, such as `PBKDF2WithHmacSHA512`; null for that one. */
  readonly keyFactoryAlgorithm: string | null;
  /** Java's name, such as `AES/CBC/PKCS5Padding`. */
  readonly cipherAlgorithm: string;
  /** In bits. */
  readonly keyLength: number;
  readonly iterations: number;
}

const SALT_BYTES = 256;
const GCM_IV_BYTES = 12;
const GCM_TAG_BYTES = 16;
const BLOCK_BYTES = 16;

/**
 * Encrypts a password as Apache's EncryptingPasswordEncoder does: `name:value` pairs separated by commas, binary values
 * in base64, the key derived from the secret by PBKDF2.
 * @throws ConfigException where the algorithms are none that this broker knows
 */
export function encodePassword(config: PasswordEncoderConfig, password: string, random: Random): string {
  const { cipherAlgorithm, keyLength, iterations } = config;
  const keyFactoryAlgorithm = config.keyFactoryAlgorithm ?? 'PBKDF2WithHmacSHA512';
  const salt = random.bytes(SALT_BYTES);
  const gcm = isGcm(cipherAlgorithm);
  const initializationVector = random.bytes(gcm ? GCM_IV_BYTES : BLOCK_BYTES);
  const key = deriveKey(config.secret, keyFactoryAlgorithm, salt, iterations, keyLength);
  const cipher = createCipheriv(nodeCipher(cipherAlgorithm, keyLength), key, initializationVector);
  const encrypted = [cipher.update(password, 'utf8'), cipher.final()];
  // Java appends the tag to what it encrypts.
  if (gcm) encrypted.push(cipher.getAuthTag());
  return Object.entries({
    initializationVector: initializationVector.toString('base64'),
    keyLength,
    salt: salt.toString('base64'),
    keyFactoryAlgorithm,
    cipherAlgorithm,
    ...(gcm ? { authenticationTagLength: GCM_TAG_BYTES * 8 } : {}),
    iterations,
    passwordLength: password.length,
    encryptedPassword: Buffer.concat(encrypted).toString('base64'),
  })
    .map(([name, value]) => `${name}:${value}`)
    .join(',');
}

/**
 * Decrypts what `encodePassword` or Apache wrote; algorithms and sizes are those of the text, not of the configuration.
 * @throws ConfigException where the secret is another one or the text is damaged
 */
export function decodePassword(secret: string, encoded: string): string {
  const fields = new Map(
    encoded.split(/\s*,\s*/).map((pair): [string, string] => {
      const colon = pair.lastIndexOf(':');
      return [pair.slice(0, colon).trim(), pair.slice(colon + 1).trim()];
    }),
  );
  try {
    const text = decrypt(secret, fields);
    if (text.length !== Number(field(fields, 'passwordLength')))
      throw new ConfigException('Password could not be decoded, sanity check of length failed');
    return text;
  } catch (error) {
    // What the cipher says depends on its library, and might say too much.
    if (error instanceof ConfigException) throw error;
    throw new ConfigException('Password could not be decoded', [], 'Check password.encoder.secret.');
  }
}

function decrypt(secret: string, fields: ReadonlyMap<string, string>): string {
  const binary = (name: string): Buffer => Buffer.from(field(fields, name), 'base64');
  const cipherAlgorithm = field(fields, 'cipherAlgorithm');
  const keyLength = Number(field(fields, 'keyLength'));
  const iterations = Number(field(fields, 'iterations'));
  const key = deriveKey(secret, field(fields, 'keyFactoryAlgorithm'), binary('salt'), iterations, keyLength);
  const decipher = createDecipheriv(nodeCipher(cipherAlgorithm, keyLength), key, binary('initializationVector'));
  let encrypted = binary('encryptedPassword');
  if (isGcm(cipherAlgorithm)) {
    const tagBytes = Number(field(fields, 'authenticationTagLength')) / 8;

    decipher.setAuthTag(encrypted.subarray(encrypted.length - tagBytes));
    encrypted = encrypted.subarray(0, encrypted.length - tagBytes);
  }
  return decipher.update(encrypted, undefined, 'utf8') + decipher.final('utf8');
}

function field(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name);
  if (value === undefined) throw new ConfigException('Password could not be decoded');
  return value;
}

function deriveKey(secret: string, algorithm: string, salt: Buffer, iterations: number, keyLength: number): Buffer {
  const digest = /^PBKDF2WithHmacSHA(1|224|256|384|512)$/.exec(algorithm)?.[1];
  if (digest === undefined)
    throw ConfigException.of(
      'password.encoder.keyfactory.algorithm',
      algorithm,
      `${algorithm} SecretKeyFactory not available`,
      'Leave the setting out, or use PBKDF2WithHmacSHA512.',
    );
  return pbkdf2Sync(secret, salt, iterations, keyLength / 8, `sha${digest}`);
}

const MODES: ReadonlySet<string> = new Set(['CBC/PKCS5Padding', 'GCM/NoPadding', 'CTR/NoPadding']);

function nodeCipher(algorithm: string, keyLength: number): 'aes-128-gcm' {
  const [cipher, mode, padding] = algorithm.split('/');
  if (cipher !== 'AES' || !MODES.has(`${mode}/${padding}`) || ![128, 192, 256].includes(keyLength))
    throw ConfigException.of(
      'password.encoder.cipher.algorithm',
      algorithm,
      `Cannot find any provider supporting ${algorithm} with ${keyLength} bits`,
      'Use AES/CBC/PKCS5Padding or AES/GCM/NoPadding, and a key of 128, 192 or 256 bits.',
    );
  // One of several names; the type of the others' ciphers differs by the tag only, which GCM has.
  return `aes-${keyLength}-${mode!.toLowerCase()}` as 'aes-128-gcm';
}

function isGcm(algorithm: string): boolean {
  return algorithm.startsWith('AES/GCM/');
}
