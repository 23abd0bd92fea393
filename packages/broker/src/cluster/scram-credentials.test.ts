import { formatScramCredential, parseScramCredential, SCRAM_MECHANISMS, scramCredential } from './scram-credentials';

/** Made by Kafka's ScramFormatter and ScramCredentialUtils. */
const OF_KAFKA =
  'salt=c2FsdA==,stored_key=X0nQufUrNVuOgdn31xrj5P61vJrsjg5DP6PdpUBh+Ts=,server_key=cMD7MNqmxcpcR07fgaAqbnNIGqUGUrD9Te6h5+RUJ6s=,iterations=4096';

test('what is kept of a password is what Kafka keeps', () => {
  const made = scramCredential(SCRAM_MECHANISMS.get(1)!, {
    salt: Buffer.from('salt'),
    saltedPassword: Buffer.from('0123456789abcdef'),
    iterations: 4096,
  });
  expect(formatScramCredential(made)).toBe(OF_KAFKA);
  expect(parseScramCredential(OF_KAFKA)).toEqual(made);
});

test.each([
  '',
  'nonsense',
  'salt=YQ==',
  OF_KAFKA.replace('salt=', 'pepper='),
  `${OF_KAFKA},more=1`,
  OF_KAFKA.replace('4096', 'many'),
  OF_KAFKA.replace('c2FsdA==', '!'),
])('what is no credential is none: %s', (text) => {
  expect(parseScramCredential(text)).toBeNull();
});
