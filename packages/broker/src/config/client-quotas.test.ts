import type { KafkaError } from '@odradek/protocol/errors';
import { applyQuotaOperations, quotaValues, validateQuotaConfig } from './client-quotas';
import { clientQuotaConfigs, ipQuotaConfigs, userConfigs } from './definitions/client-quotas';

const set = (key: string, value: number) => applyQuotaOperations({}, [{ key, value }], userConfigs)[key];

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return `${(error as KafkaError).error}: ${(error as KafkaError).message}`;
  }
  return 'none';
}

test.each([
  ['producer_byte_rate', 1024, '1024'],
  ['producer_byte_rate', 0, '0'],
  ['producer_byte_rate', -1e-7, '0'],
  ['producer_byte_rate', 999999.9999999, '1000000'],
  ['producer_byte_rate', Number.NaN, '0'],
  ['consumer_byte_rate', 2 ** 63, '9223372036854775807'],
  ['consumer_byte_rate', 1234567890123456800, '1234567890123456768'],
  ['request_percentage', 12.5, '12.5'],
  ['request_percentage', 100, '100.0'],
  ['request_percentage', -1, '-1.0'],
  ['controller_mutation_rate', 1.5e10, '1.5E10'],
])('%s of %d is stored as %s', (key, value, text) => {
  expect(set(key, value)).toBe(text);
});

test.each([
  ['producer_byte_rate', 1.5, 'INVALID_REQUEST: Configuration producer_byte_rate must be a LONG value'],
  ['producer_byte_rate', -1, 'INVALID_REQUEST: Configuration producer_byte_rate must be a LONG value'],
  ['producer_byte_rate', 1e19, 'INVALID_REQUEST: Configuration producer_byte_rate must be a LONG value'],
  ['consumer_byte_rate', Infinity, 'INVALID_REQUEST: Configuration consumer_byte_rate must be a LONG value'],
  ['bytes', 1, 'INVALID_REQUEST: Invalid configuration key bytes'],
  ['toString', 1, 'INVALID_REQUEST: Invalid configuration key toString'],
  ['connection_creation_rate', 1, 'INVALID_REQUEST: Invalid configuration key connection_creation_rate'],
])('%s of %d is refused', (key, value, message) => {
  expect(refusal(() => set(key, value))).toBe(message);
});

test('connections are counted in ints', () => {
  const setIp = (value: number) =>
    applyQuotaOperations({}, [{ key: 'connection_creation_rate', value }], ipQuotaConfigs);
  expect(setIp(7)).toEqual({ connection_creation_rate: '7' });
  const message = 'INVALID_REQUEST: Configuration connection_creation_rate must be a INT value';
  for (const value of [3e9, 0.5, -1]) expect(refusal(() => setIp(value))).toBe(message);
});

describe('a user’s credentials', () => {
  const stored = { 'SCRAM-SHA-256': 'salt=x', producer_byte_rate: '1' };

  test('stay when its quotas change', () => {
    const operations = [
      { key: 'producer_byte_rate', value: null },
      { key: 'consumer_byte_rate', value: 5 },
      { key: 'no_such', value: null },
    ];
    const config = applyQuotaOperations(stored, operations, userConfigs);
    expect(config).toEqual({ 'SCRAM-SHA-256': 'salt=x', consumer_byte_rate: '5' });
    expect(refusal(() => validateQuotaConfig(config, userConfigs))).toBe('none');
  });

  test('are not set as a number, nor told as a quota', () => {
    expect(refusal(() => set('SCRAM-SHA-256', 1))).toMatch(/^UNKNOWN_SERVER_ERROR/);
    expect(quotaValues(stored, clientQuotaConfigs)).toEqual([{ key: 'producer_byte_rate', value: 1 }]);
  });
});

test('what does not belong into an entity’s node stops a change to it', () => {
  expect(refusal(() => validateQuotaConfig({ other: '1' }, clientQuotaConfigs))).toMatch(/^UNKNOWN_SERVER_ERROR/);
  expect(refusal(() => validateQuotaConfig({ producer_byte_rate: 'x' }, clientQuotaConfigs))).toMatch(
    /^UNKNOWN_SERVER/,
  );
  expect(() => quotaValues({ producer_byte_rate: 'x' }, clientQuotaConfigs)).toThrow(
    'Unexpected client quota configuration value: producer_byte_rate -> x',
  );
});
