import { inspect } from 'node:util';
import { BrokerConfig } from './broker-config';
import type { BrokerConfigName } from './definitions';
import type { EndPoint } from './endpoint';
import vectors from './vectors/startup.json';

interface Vector {
  props: Record<string, string>;
  error?: string;
  shown?: Record<string, string>;
  listeners?: string;
  advertised?: string;
  interBroker?: string;
  effective?: Record<string, number | string>;
}

const parse = (props: Record<string, string>) =>
  BrokerConfig.parse(new Map(Object.entries({ 'zookeeper.connect': 'localhost:2181', ...props })));

const scalaText = (endPoints: readonly EndPoint[]) =>
  endPoints
    .map(
      ({ host, port, listenerName, securityProtocol }) =>
        `EndPoint(${host},${port},ListenerName(${listenerName}),${securityProtocol})`,
    )
    .join(';');

describe("BrokerConfig agrees with Apache's KafkaConfig", () => {
  const cases = (vectors as Vector[]).filter(({ props }) => props['process.roles'] !== 'broker');

  test.each(cases.filter(({ error }) => error !== undefined).map((vector) => [vector.props, vector.error!] as const))(
    '%j is refused',
    (props, error) => {
      let message = 'accepted';
      try {
        BrokerConfig.parse(new Map(Object.entries(props)));
      } catch (thrown) {
        message = (thrown as Error).message;
      }
      expect(message).toBe(error);
    },
  );

  test.each(cases.filter(({ error }) => error === undefined).map((vector) => [vector.props, vector] as const))(
    '%j is accepted',
    (props, { shown, listeners, advertised, interBroker, effective }) => {
      const config = BrokerConfig.parse(new Map(Object.entries(props)));
      for (const [name, text] of Object.entries(shown ?? {})) expect(config.text(name as BrokerConfigName)).toBe(text);
      if (listeners !== undefined) expect(scalaText(config.listeners)).toBe(listeners);
      if (advertised !== undefined) expect(scalaText(config.advertisedListeners)).toBe(advertised);
      if (interBroker !== undefined)
        expect(`${config.interBrokerListenerName} ${config.interBrokerSecurityProtocol}`).toBe(interBroker);
      if (effective !== undefined) {
        const { logDirs, logMessageTimestampBeforeMaxMs, logMessageTimestampAfterMaxMs, ...rest } = config.effective;
        expect({
          ...rest,
          logDirs: logDirs.join(','),
          before: logMessageTimestampBeforeMaxMs,
          after: logMessageTimestampAfterMaxMs,
        }).toMatchObject(effective);
      }
    },
  );
});

describe('BrokerConfig', () => {
  test('typed values, exact texts', () => {
    const config = parse({
      'log.retention.bytes': '9007199254740993',
      'sasl.enabled.mechanisms': 'PLAIN , SCRAM-SHA-512',
    });
    expect(config.values.logRetentionBytes).toBe(9007199254740992);
    expect(config.text('log.retention.bytes')).toBe('9007199254740993');
    expect(config.values.saslEnabledMechanisms).toEqual(['PLAIN', 'SCRAM-SHA-512']);
    expect(config.text('sasl.enabled.mechanisms')).toBe('PLAIN,SCRAM-SHA-512');
    expect(config.values.brokerIdGenerationEnable).toBe(true);
    expect(config.values.brokerId).toBe(-1);
    expect(config.text('log.flush.interval.messages')).toBe('9223372036854775807');
    expect(config.values.zookeeperConnectionTimeoutMs).toBeNull();
  });

  test('unknown settings are kept', () => {
    expect(parse({ 'my.plugin': 'x' }).originals.get('my.plugin')).toBe('x');
  });

  test('process.roles asks for another kind of server', () => {
    expect(() => parse({ 'process.roles': 'broker' })).toThrow('process.roles selects KRaft mode.');
  });

  test("a listener's own settings win", () => {
    const config = parse({
      'ssl.keystore.location': '/all',
      'listener.name.external.ssl.keystore.location': '/external',
      'listener.name.external.plain.sasl.jaas.config': 'x',
    });
    expect(config.forListener('EXTERNAL').sslKeystoreLocation).toBe('/external');
    expect(config.forListener('PLAINTEXT').sslKeystoreLocation).toBe('/all');
    expect(Object.fromEntries(config.listenerOverrides('EXTERNAL'))).toEqual({
      'ssl.keystore.location': '/external',
      'plain.sasl.jaas.config': 'x',
    });
  });

  test('secrets show themselves nowhere', () => {
    const config = parse({ 'ssl.key.password': 'geheim', 'password.encoder.secret': 'geheim' });
    expect(config.values.sslKeyPassword?.value).toBe('geheim');
    expect(config.describeForLog()).toContain('\tssl.key.password = [hidden]\n');
    const printed = [
      config.describeForLog(),
      JSON.stringify(config.values),
      inspect(config.values, { depth: 9 }),
      inspect({ config }),
    ];
    for (const text of printed) expect(text).not.toContain('geheim');
  });

  test("the log's list is Kafka's", () => {
    const text = parse({ 'controller.quorum.voters': '' }).describeForLog();
    expect(text.startsWith('KafkaConfig values: \n\tadvertised.listeners = null\n')).toBe(true);
    expect(text).toContain('\tcontroller.quorum.voters = []\n');
    expect(text).toContain('\tssl.enabled.protocols = [TLSv1.2, TLSv1.3]\n');
    expect(text).toContain('\tlog.cleaner.io.max.bytes.per.second = 1.7976931348623157E308\n');
  });
});
