import { ManualClock } from '../env/testing/clock';
import { MemoryLoggers } from '../env/testing/logger';
import { Quotas } from './quotas';

const WINDOWS = {
  quotaWindowNum: 11,
  quotaWindowSizeSeconds: 1,
  controllerQuotaWindowNum: 11,
  controllerQuotaWindowSizeSeconds: 1,
  metricsNumSamples: 2,
  metricsSampleWindowMs: 30_000,
};

function makeQuotas() {
  const loggers = new MemoryLoggers();
  return { loggers, quotas: new Quotas(new ManualClock(), WINDOWS, loggers.logger('quotas')) };
}

test('an entity’s settings are taken as a whole: what is missing is taken back', () => {
  const { quotas, loggers } = makeQuotas();
  const enabled = () =>
    [quotas.produce, quotas.fetch, quotas.request, quotas.controllerMutation].map(({ isEnabled }) => isEnabled);
  quotas.update({ user: 'u' }, { 'SCRAM-SHA-256': 'salt=x' });
  expect(quotas.isEnabled).toBe(false);
  quotas.update({ user: 'u' }, { producer_byte_rate: '10', request_percentage: '0.5' });
  quotas.update({ user: null, clientId: 'c' }, { controller_mutation_rate: '1.5E10' });
  expect([...enabled(), quotas.isEnabled]).toEqual([true, false, true, true, true]);
  quotas.update({ user: 'u' }, { consumer_byte_rate: '9223372036854775807', request_percentage: '0.5' });
  expect(enabled()).toEqual([false, true, true, true]);
  quotas.update({ user: 'u' }, {});
  quotas.update({ user: null, clientId: 'c' }, {});
  expect(quotas.isEnabled).toBe(false);
  expect(loggers.messages('info')).toEqual([
    'Changing Produce quota for user u to 10',
    'Changing Request quota for user u to 0.5',
    'Changing ControllerMutation quota for default user client-id c to 15000000000',
    'Removing Produce quota for user u',
    'Changing Fetch quota for user u to 9223372036854776000',
    'Removing Fetch quota for user u',
    'Removing Request quota for user u',
    'Removing ControllerMutation quota for default user client-id c',
  ]);
});

test('what is no number changes nothing', () => {
  const { quotas } = makeQuotas();
  for (const text of ['x', '', ' ']) {
    expect(() => quotas.update({ user: 'u' }, { producer_byte_rate: '1', request_percentage: text })).toThrow(
      `Quota request_percentage is no number: ${text}`,
    );
  }
  expect(quotas.isEnabled).toBe(false);
});
