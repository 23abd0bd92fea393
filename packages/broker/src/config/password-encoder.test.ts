import { createHash } from 'node:crypto';
import type { Random } from '../env/random';
import { decodePassword, encodePassword } from './password-encoder';
import vectors from './vectors/passwords.json';

const random: Random = {
  below: () => 0,
  bytes: (length) =>
    Buffer.concat(
      Array.from({ length: Math.ceil(length / 32) }, (_, at) => createHash('sha256').update(`${at}`).digest()),
    ).subarray(0, length),
  uuid: () => '',
};

describe('passwords in ZooKeeper', () => {
  test.each(vectors.map(({ password, encoded }) => [password, encoded]))(
    'decodes what Apache encoded: %j',
    (password, encoded) => {
      expect(decodePassword('encoder-secret', encoded)).toBe(password);
    },
  );

  test.each([
    [null, 'AES/CBC/PKCS5Padding', 128],
    ['PBKDF2WithHmacSHA1', 'AES/GCM/NoPadding', 256],
    ['PBKDF2WithHmacSHA256', 'AES/CTR/NoPadding', 192],
  ])('%s, %s, %d bits: there and back', (keyFactoryAlgorithm, cipherAlgorithm, keyLength) => {
    const config = { secret: 's', keyFactoryAlgorithm, cipherAlgorithm, keyLength, iterations: 1024 };
    const encoded = encodePassword(config, 'geheim é😀', random);
    expect(encoded).not.toContain('geheim');
    expect(decodePassword('s', encoded)).toBe('geheim é😀');
  });

  test('another secret, a damaged text', () => {
    const encoded = vectors[0]!.encoded;
    expect(() => decodePassword('other', encoded)).toThrow('Password could not be decoded');
    expect(() => decodePassword('encoder-secret', 'nonsense')).toThrow('Password could not be decoded');
    expect(() => decodePassword('encoder-secret', encoded.replace('passwordLength:8', 'passwordLength:7'))).toThrow(
      'Password could not be decoded, sanity check of length failed',
    );
  });

  test('algorithms that nobody has are refused', () => {
    const config = {
      secret: 's',
      keyFactoryAlgorithm: null,
      cipherAlgorithm: 'DES/X',
      keyLength: 128,
      iterations: 1024,
    };
    expect(() => encodePassword(config, 'x', random)).toThrow('password.encoder.cipher.algorithm');
  });
});
