import { configException } from '@odradek/tools/tool-error';
import { JavaHashMap } from '../java/hash-map';
import type { Props } from '../plugins/api';
import type { OverridePolicy } from './worker-config';
import { under } from './worker-config';

/** The clients whose settings a connector may override. */
export type ClientKind = 'producer' | 'consumer' | 'admin';

const PRINCIPAL: ReadonlySet<string> = new Set(['sasl.jaas.config', 'sasl.mechanism', 'security.protocol']);

/** A connector's override of a client setting; `error` says why it is not allowed. */
export interface Override {
  readonly name: string;
  readonly value: string;
  readonly error: string | undefined;
}

/** A connector's overrides for a client, judged by the worker's policy. */
export function overridesOf(props: Props, kind: ClientKind, policy: OverridePolicy): Override[] {
  return [...new JavaHashMap(under(props, `${kind}.override.`))].map(([name, value]) => {
    const allowed = policy === 'All' || (policy === 'Principal' && PRINCIPAL.has(name));
    const error = `The '${policy}' policy does not allow '${name}' to be overridden in the connector configuration.`;
    return { name, value, error: allowed ? undefined : error };
  });
}

/**
 * A client's settings: the framework's own, the worker's under `producer.` (or `consumer.`, `admin.`), the connector's
 * overrides. Throws `ToolError` where the policy allows one of them not.
 */
export function clientProps(
  own: Props,
  worker: Props,
  connector: Props,
  kind: ClientKind,
  policy: OverridePolicy,
): Map<string, string> {
  const overrides = overridesOf(connector, kind, policy);
  const refused = overrides.find(({ error }) => error !== undefined);
  if (refused) throw configException(`Client Config Overrides not allowed [${refused.error}]`);
  return new Map([...own, ...under(worker, `${kind}.`), ...overrides.map(({ name, value }) => [name, value] as const)]);
}
