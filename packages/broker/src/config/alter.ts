import { KafkaError } from '@odradek/protocol/errors';
import type { Definitions } from './definition';
import { type ConfigException, InvalidConfigurationException } from './errors';

/** Operations as IncrementalAlterConfigs numbers them (KIP-339, AlterConfigOp.OpType). */
export const ALTER_OPERATION = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

/** One operation of IncrementalAlterConfigs. */
export interface AlterOperation {
  readonly name: string;
  readonly configOperation: number;
  readonly value: string | null;
}

const { set: SET, delete: DELETE, append: APPEND, subtract: SUBTRACT } = ALTER_OPERATION;

/**
 * Refuses what is wrong with a resource's request itself (ConfigAdminManager.preprocess): a name twice, no value.
 * @throws KafkaError INVALID_REQUEST
 */
export function checkOperations(operations: readonly AlterOperation[]): void {
  const names = operations.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new KafkaError('INVALID_REQUEST', 'Error due to duplicate config keys');
  const nulls = operations.filter(({ configOperation, value }) => configOperation !== DELETE && value === null);
  if (nulls.length > 0)
    throw new KafkaError(
      'INVALID_REQUEST',
      `Null value not supported for : ${nulls.map(({ name }) => name).join(',')}`,
    );
}

/**
 * Carries operations out on stored overrides; the result has still to be validated as a whole.
 * @param operations in which `checkOperations` found nothing wrong
 * @param definitions of the resource's kind: APPEND and SUBTRACT need to know lists and their defaults
 * @throws KafkaError INVALID_CONFIG for a list operation on what is no list, UNKNOWN_SERVER_ERROR on what is unknown
 * and for an operation that is none (as Apache answers)
 */
export function applyOperations(
  stored: ReadonlyMap<string, string>,
  operations: readonly AlterOperation[],
  definitions: Definitions,
): Map<string, string> {
  const result = new Map(stored);
  for (const { name, configOperation, value } of operations)
    switch (configOperation) {
      case SET:
        result.set(name, value!);
        break;
      case DELETE:
        result.delete(name);
        break;
      case APPEND: {
        const old = storedItems('append', name, result, definitions);
        const added = javaSplit(value!).filter((item) => !old.includes(item));
        result.set(name, [...old, ...added].join(','));
        break;
      }
      case SUBTRACT: {
        const kept = storedItems('subtract', name, result, definitions);
        for (const item of javaSplit(value!)) {
          const at = kept.indexOf(item);
          if (at >= 0) kept.splice(at, 1);
        }
        result.set(name, kept.join(','));
        break;
      }
      default:
        // Kafka finds no operation of that number, and no error for that either.
        throw new KafkaError('UNKNOWN_SERVER_ERROR');
    }
  return result;
}

/** What an operation on a list starts from: the stored value, else the default. Blanks are not trimmed. */
function storedItems(
  operation: 'append' | 'subtract',
  name: string,
  stored: ReadonlyMap<string, string>,
  definitions: Definitions,
): string[] {
  const key = Object.hasOwn(definitions, name) ? definitions[name]! : null;
  if (key === null) throw new KafkaError('UNKNOWN_SERVER_ERROR');
  if (key.type !== 'list')
    throw new KafkaError('INVALID_CONFIG', `Config value ${operation} is not allowed for config key: ${name}`);
  const text = stored.get(name) ?? key.defaultText ?? '';
  return text === '' ? [] : javaSplit(text);
}

/** String.split(","): empty items at the end are lost, but an empty text is one empty item. */
function javaSplit(text: string): string[] {
  if (text === '') return [''];
  const items = text.split(',');
  while (items.at(-1) === '') items.pop();
  return items;
}

/** What AlterConfigs answers for a topic whose new settings were refused (ZkAdminManager). */
export function topicConfigError(topic: string, error: ConfigException): KafkaError {
  if (error instanceof InvalidConfigurationException) return new KafkaError('INVALID_CONFIG', error.message);
  return resourceConfigError('TOPIC', topic, error);
}

/** Kafka's words for settings of a resource that could not be taken. */
export function resourceConfigError(type: 'TOPIC' | 'BROKER', name: string, { message }: Error): KafkaError {
  return new KafkaError(
    'INVALID_CONFIG',
    `Invalid config value for resource ConfigResource(type=${type}, name='${name}'): ${message}`,
  );
}

/** What CreateTopics answers for settings that were refused. */
export function createTopicConfigError(error: ConfigException): KafkaError {
  return new KafkaError('INVALID_CONFIG', error.message);
}

/** What AlterConfigs answers for a broker whose new settings were refused (KAFKA-13609 asks for a better code). */
export function brokerConfigError(error: ConfigException): KafkaError {
  return new KafkaError('INVALID_REQUEST', error.message);
}
