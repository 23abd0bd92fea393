import { ConfigException } from './errors';
import { parseMetadataVersion } from './metadata-version';
import type { ConfigValue } from './types';

/** Throws a ConfigException with Kafka's text where a parsed value is not allowed. `text` is the value as Kafka shows it. */
export type Validator = (key: string, value: ConfigValue, text: string) => void;

/** ConfigDef.Range.atLeast */
export const atLeast =
  (smallest: number): Validator =>
  (key, value, text) => {
    if ((value as number) < smallest)
      throw ConfigException.of(key, text, `Value must be at least ${smallest}`, `Give a number from ${smallest} up.`);
  };

/** ConfigDef.Range.between */
export const between =
  (smallest: number, greatest: number): Validator =>
  (key, value, text) => {
    const remedy = `Give a number from ${smallest} to ${greatest}.`;
    if ((value as number) < smallest) throw ConfigException.of(key, text, `Value must be at least ${smallest}`, remedy);
    if ((value as number) > greatest)
      throw ConfigException.of(key, text, `Value must be no more than ${greatest}`, remedy);
  };

/** ConfigDef.ValidString */
export const oneOf =
  (...allowed: string[]): Validator =>
  (key, value) => {
    if (!allowed.includes(value as string))
      throw ConfigException.of(
        key,
        value,
        `String must be one of: ${allowed.join(', ')}`,
        'Write one of these, in this very case.',
      );
  };

/** ConfigDef.CaseInsensitiveValidString */
export const oneOfIgnoringCase =
  (...allowed: string[]): Validator =>
  (key, value) => {
    if (!allowed.includes((value as string).toUpperCase()))
      throw ConfigException.of(key, value, `String must be one of (case insensitive): ${allowed.join(', ')}`);
  };

/** ConfigDef.ValidList: every item is one of the allowed; the message names the first that is not. */
export const listOf = (...allowed: string[]): Validator => {
  const item = oneOf(...allowed);
  return (key, value) => {
    for (const each of value as readonly string[]) item(key, each, each);
  };
};

/** ConfigDef.NonEmptyString */
export const nonEmpty: Validator = (key, value) => {
  if (value === '') throw ConfigException.of(key, '', 'String must be non-empty');
};

/** CompressionType.GZIP.levelValidator */
export const gzipLevel: Validator = (key, value, text) => {
  const level = value as number;
  if (level > 9 || (level < 1 && level !== -1))
    throw ConfigException.of(key, text, 'Value must be between 1 and 9 or equal to -1');
};

/** Sizes of thread pools whose -1 stands for "as the general one". */
export const defaultOrPositive: Validator = (key, value, text) => {
  const size = value as number;
  if (size < -1 || size === 0) throw ConfigException.of(key, text, 'Value can be -1 or greater than 0');
};

/** MetadataVersionValidator */
export const metadataVersion: Validator = (key, value) => {
  if (parseMetadataVersion(value as string) === null)
    throw ConfigException.of(
      key,
      value,
      `Version ${value} is not a valid version`,
      'Write a release, such as 3.9, or leave the setting out.',
    );
};

/** ThrottledReplicaListValidator */
export const throttledReplicas: Validator = (key, value) => {
  const items = value as readonly string[];
  const everything = items.length === 1 && items[0]!.trim() === '*';
  if (!everything && !items.every((item) => /^([0-9]+:[0-9]+)?$/.test(item.trim())))
    throw ConfigException.of(
      key,
      `[${items.join(', ')}]`,
      `${key} must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...`,
    );
};

const HOST_AND_PORT = /^.*?\[?([0-9a-zA-Z\-%._:]*)\]?:[0-9]+$/;

/** QuorumConfig.ControllerQuorumVotersValidator */
export const quorumVoters: Validator = (key, value) => {
  for (const voter of value as readonly string[]) {
    const at = voter.indexOf('@');
    if (at < 0 || voter.indexOf('@', at + 1) >= 0)
      throw new ConfigException(
        `Invalid configuration value for ${key}. Each entry should be in the form \`{id}@{host}:{port}\`.`,
        [key],
      );
    const id = voter.slice(0, at);
    if (!/^[+-]?\d+$/.test(id)) throw new ConfigException(`Failed to parse voter ID as an integer from ${id}`, [key]);
    if (!HOST_AND_PORT.test(voter.slice(at + 1)))
      throw new ConfigException(
        `Failed to parse host name from entry ${voter} for the configuration ${key}. Each entry should be in the form \`{id}@{host}:{port}\`.`,
        [key],
      );
  }
};

/** QuorumConfig.ControllerQuorumBootstrapServersValidator */
export const quorumServers: Validator = (key, value) => {
  for (const server of value as readonly string[])
    if (!HOST_AND_PORT.test(server))
      throw new ConfigException(
        `Failed to parse host name from ${server} for the configuration ${key}. Each entry should be in the form "{host}:{port}"`,
        [key],
      );
};
