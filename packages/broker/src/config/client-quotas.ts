import { KafkaError } from '@odradek/protocol/errors';
import type { ConfigKey, Definitions } from './definition';
import { javaDoubleText, parseType } from './types';

/** One change of AlterClientQuotas; null takes the setting back. */
export interface QuotaOperation {
  readonly key: string;
  readonly value: number | null;
}

/** How far from a whole number a value may be that is stored as one. */
const EPSILON = 1e-6;

const LIMITS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
};

/**
 * Carries operations out on what is stored of an entity (ZkAdminManager.alterClientQuotas). A key is looked at only where
 * it is set: anything may be taken back, also a user's credentials.
 * @throws KafkaError INVALID_REQUEST for an unknown key and a fraction where whole numbers belong; UNKNOWN_SERVER_ERROR for
 * a key that holds no number, as Apache answers
 */
export function applyQuotaOperations(
  stored: Readonly<Record<string, string>>,
  operations: readonly QuotaOperation[],
  definitions: Definitions,
): Record<string, string> {
  const result = new Map(Object.entries(stored));
  for (const { key, value } of operations) {
    if (value === null) result.delete(key);
    else result.set(key, textOf(key, value, definitions));
  }
  return Object.fromEntries(result);
}

function textOf(key: string, value: number, definitions: Definitions): string {
  const definition = Object.hasOwn(definitions, key) ? definitions[key]! : null;
  if (definition === null) throw new KafkaError('INVALID_REQUEST', `Invalid configuration key ${key}`);
  const limits = LIMITS[definition.type];
  if (limits) return wholeText(key, value, definition, limits);
  if (definition.type !== 'double') throw new KafkaError('UNKNOWN_SERVER_ERROR');
  return javaDoubleText(value);
}

/**
 * The value cut down to a whole number, as Java's casts do it: NaN is 0, what is out of range its nearest end. Below zero
 * that leaves a distance of one, so that no negative number is whole here.
 */
function wholeText(key: string, value: number, { type }: ConfigKey, [least, most]: readonly [bigint, bigint]): string {
  const whole = castToWhole(value + EPSILON, least, most);
  if (Math.abs(Number(whole) - value) > EPSILON) {
    throw new KafkaError('INVALID_REQUEST', `Configuration ${key} must be a ${type.toUpperCase()} value`);
  }
  return String(whole);
}

function castToWhole(value: number, least: bigint, most: bigint): bigint {
  if (Number.isNaN(value)) return 0n;
  if (value >= Number(most)) return most;
  if (value <= Number(least)) return least;
  return BigInt(Math.trunc(value));
}

/**
 * Checks all that would be stored of an entity (DynamicConfig.validate).
 * @throws KafkaError UNKNOWN_SERVER_ERROR, as Apache answers, where something else has put there what does not belong
 */
export function validateQuotaConfig(config: Readonly<Record<string, string>>, definitions: Definitions): void {
  for (const [key, text] of Object.entries(config)) {
    const definition = Object.hasOwn(definitions, key) ? definitions[key]! : null;
    if (definition === null) throw new KafkaError('UNKNOWN_SERVER_ERROR');
    try {
      parseType(key, definition.type, text);
    } catch {
      throw new KafkaError('UNKNOWN_SERVER_ERROR');
    }
  }
}

/**
 * An entity's quotas among what is stored of it, in the order in which Kafka tells them.
 * @throws Error where one is no number
 */
export function quotaValues(
  stored: Readonly<Record<string, string>>,
  definitions: Definitions,
): { readonly key: string; readonly value: number }[] {
  return Object.keys(definitions)
    .filter((key) => Object.hasOwn(stored, key))
    .map((key) => {
      try {
        return { key, value: parseType(key, 'double', stored[key]!).value as number };
      } catch {
        throw new Error(`Unexpected client quota configuration value: ${key} -> ${stored[key]}`);
      }
    });
}
