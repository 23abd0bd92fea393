import { type Io, println } from './print';

/** Says of a topic's configs what TopicCommand and ConfigCommand say of one that has had no effect since Kafka 3.0. */
export function warnOfMessageFormat(configs: ReadonlyMap<string, string>, io: Io): void {
  const format = configs.get('message.format.version');
  if (format === undefined) return;
  println(
    io.stdout,
    `WARNING: The configuration message.format.version=${format} is specified. This configuration will be ignored ` +
      'if the version is newer than the inter.broker.protocol.version specified in the broker or if the ' +
      'inter.broker.protocol.version is 3.0 or newer. This configuration is deprecated and it will be removed in ' +
      'Apache Kafka 4.0.',
  );
}
