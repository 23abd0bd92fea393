import { BrokerConfig } from './broker-config';
import { InvalidConfigurationException } from './errors';
import { resolveTopicConfig, validateTopicOverrides } from './topic-config';
import vectors from './vectors/topic.json';

interface Vector {
  props: Record<string, string>;
  broker?: Record<string, string>;
  error: string | null;
  type?: string;
}

const mapOf = (props: object) => new Map<string, string>(Object.entries(props));
const broker = (props: Record<string, string> = {}) =>
  BrokerConfig.parse(mapOf({ 'zookeeper.connect': 'localhost:2181', ...props }));

describe("validateTopicOverrides agrees with Apache's LogConfig", () => {
  test.each((vectors as unknown as Vector[]).map((vector) => [vector.props, vector.broker ?? {}, vector] as const))(
    '%j on a broker with %j',
    (props, brokerProps, { error, type }) => {
      let thrown: Error | null = null;
      try {
        validateTopicOverrides(mapOf(props), broker(brokerProps));
      } catch (caught) {
        thrown = caught as Error;
      }
      expect(thrown?.message ?? null).toBe(error);
      if (thrown !== null)
        expect(thrown instanceof InvalidConfigurationException).toBe(type === 'InvalidConfigurationException');
    },
  );
});

describe('resolveTopicConfig', () => {
  test("defaults are the broker's, overlapping ones resolved", () => {
    const config = resolveTopicConfig(
      new Map(),
      broker({
        'log.retention.hours': '2',
        'log.roll.hours': '3',
        'message.max.bytes': '77',
        'log.cleanup.policy': 'compact',
      }),
    );
    expect(config.retentionMs).toBe(7_200_000);
    expect(config.values.segmentMs).toBe(10_800_000);
    expect(config.maxMessageBytes).toBe(77);
    expect(config.cleanupPolicy).toEqual({ delete: false, compact: true });
    expect(config.values.flushMs).toBe(2 ** 63);
    expect(config.text('flush.ms')).toBe('9223372036854775807');
  });

  test('overrides win', () => {
    const config = resolveTopicConfig(
      mapOf({
        'retention.ms': '-1',
        'cleanup.policy': 'compact , delete',
        'max.compaction.lag.ms': '100',
        'segment.ms': '500',
        'segment.jitter.ms': '900',
      }),
      broker(),
    );
    expect(config.retentionMs).toBe(-1);
    expect(config.cleanupPolicy).toEqual({ delete: true, compact: true });
    expect(config.text('cleanup.policy')).toBe('compact,delete');
    expect(config.rollMs).toBe(100);
    expect(config.rollJitterMs).toBe(500);
  });

  test('the deprecated timestamp bound counts where the newer have none', () => {
    const config = resolveTopicConfig(
      mapOf({ 'message.timestamp.difference.max.ms': '9', 'message.timestamp.after.max.ms': '5' }),
      broker(),
    );
    expect(config.messageTimestampBeforeMaxMs).toBe(9);
    expect(config.messageTimestampAfterMaxMs).toBe(5);
  });
});
