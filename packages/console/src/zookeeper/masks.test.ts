import { masked } from './masks';

const shown = (path: string, value: unknown): unknown => {
  const { data, isMasked } = masked(path, Buffer.from(JSON.stringify(value)));
  return { isMasked, value: JSON.parse(data) };
};

test('SCRAM credentials of users are hidden, their quotas are not', () => {
  const credential = 'salt=abc,stored_key=def,server_key=ghi,iterations=4096';
  const config = { 'SCRAM-SHA-256': credential, 'SCRAM-SHA-512': credential, producer_byte_rate: '1024' };
  for (const path of [
    '/config/users/alice',
    '/config/users/%3Cdefault%3E',
    '/config/users/alice/clients/x',
    '/other/config/users/alice',
  ]) {
    expect(shown(path, { version: 1, config })).toEqual({
      isMasked: true,
      value: {
        version: 1,
        config: { 'SCRAM-SHA-256': '[hidden]', 'SCRAM-SHA-512': '[hidden]', producer_byte_rate: '1024' },
      },
    });
  }
});

test('passwords and logins of brokers, and tokens, are hidden', () => {
  const config = {
    'listener.name.x.ssl.keystore.password': 'p',
    'password.encoder.secret': 's',
    'sasl.jaas.config': 'j',
    'ssl.keystore.key': 'k',
    'ssl.keystore.certificate.chain': 'c',
    'listener.name.x.ssl.truststore.certificates': 't',
    'ssl.keystore.location': '/x',
    'log.cleaner.threads': '2',
  };
  expect(shown('/config/brokers/0', { version: 1, config })).toEqual({
    isMasked: true,
    value: {
      version: 1,
      config: {
        'listener.name.x.ssl.keystore.password': '[hidden]',
        'password.encoder.secret': '[hidden]',
        'sasl.jaas.config': '[hidden]',
        'ssl.keystore.key': '[hidden]',
        'ssl.keystore.certificate.chain': '[hidden]',
        'listener.name.x.ssl.truststore.certificates': '[hidden]',
        'ssl.keystore.location': '/x',
        'log.cleaner.threads': '2',
      },
    },
  });
  expect(shown('/delegation_token/tokens/abc', { version: 1, hmac: 'x', owner: 'User:a' })).toEqual({
    isMasked: true,
    value: { version: 1, hmac: '[hidden]', owner: 'User:a' },
  });
});

test('where secrets are kept, nothing is shown that cannot be understood', () => {
  const hidden = { data: '[hidden]', encoding: 'utf8', isMasked: true };
  expect(masked('/config/users/alice', Buffer.from('stored_key=abc'))).toEqual(hidden);
  expect(masked('/config/users/alice', Buffer.from([0xff, 0xfe]))).toEqual(hidden);
});

test('everything else is shown as it is stored', () => {
  const text = '{"version":1,  "big":12345678901234567890}';
  expect(masked('/brokers/ids/0', Buffer.from(text))).toEqual({ data: text, encoding: 'utf8', isMasked: false });
  expect(masked('/x', Buffer.from('plain'))).toEqual({ data: 'plain', encoding: 'utf8', isMasked: false });
  expect(masked('/x', Buffer.from([0xff]))).toEqual({ data: '/w==', encoding: 'base64', isMasked: false });
});
