import { createHash, createHmac } from 'node:crypto';

/** SCRAM mechanisms by their number in messages (ScramMechanism). */
export const SCRAM_MECHANISMS: ReadonlyMap<number, ScramMechanism> = new Map([
  [1, { name: 'SCRAM-SHA-256', hash: 'sha256' }],
  [2, { name: 'SCRAM-SHA-512', hash: 'sha512' }],
]);

export interface ScramMechanism {
  readonly name: string;
  readonly hash: string;
}

/** What a server keeps of a password (RFC 5802). */
export interface ScramCredential {
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
  readonly iterations: number;
}

/** What is kept of a password that the client has salted and hashed `iterations` times by PBKDF2. */
export function scramCredential(
  { hash }: ScramMechanism,
  { salt, saltedPassword, iterations }: { salt: Buffer; saltedPassword: Buffer; iterations: number },
): ScramCredential {
  const keyFor = (text: string): Buffer => createHmac(hash, saltedPassword).update(text).digest();
  const storedKey = createHash(hash).update(keyFor('Client Key')).digest();
  return { salt, storedKey, serverKey: keyFor('Server Key'), iterations };
}

/** As `/config/users` holds it (ScramCredentialUtils). */
export function formatScramCredential({ salt, storedKey, serverKey, iterations }: ScramCredential): string {
  const [a, b, c] = [salt, storedKey, serverKey].map((bytes) => bytes.toString('base64'));
  return `salt=${a},stored_key=${b},server_key=${c},iterations=${iterations}`;
}

/** Reads what `formatScramCredential` wrote; null where it is none: somebody may have written it by hand. */
export function parseScramCredential(text: string): ScramCredential | null {
  const entries = text.split(',').map((token) => {
    const equals = token.indexOf('=');
    return [token.slice(0, Math.max(0, equals)), token.slice(equals + 1)] as const;
  });
  const fields = new Map(entries);
  const [salt, storedKey, serverKey] = ['salt', 'stored_key', 'server_key'].map((name) => base64(fields.get(name)));
  const iterations = fields.get('iterations') ?? '';
  if (fields.size !== 4 || !salt || !storedKey || !serverKey || !/^[+-]?\d{1,10}$/.test(iterations)) return null;
  return { salt, storedKey, serverKey, iterations: Number(iterations) };
}

function base64(text: string | undefined): Buffer | null {
  return text !== undefined && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, 'base64') : null;
}
