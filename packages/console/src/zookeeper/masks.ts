import { isUtf8 } from 'node:buffer';
import type { Encoding } from '../api';

/** What stands where a secret was. */
const MASK = '[hidden]';

/**
 * Nodes whose values, or those of these names, are secrets (SCRAM credentials, passwords, keys, tokens). A cluster may live
 * below any node: who sees the root sees those of the others.
 */
const RULES: readonly { readonly path: RegExp; readonly isSecret: (name: string) => boolean }[] = [
  { path: /\/config\/users\/.+/, isSecret: (name) => /^SCRAM-/i.test(name) },
  {
    path: /\/config\/brokers\/.+/,
    isSecret: (name) => /(?:password|secret|jaas\.config|keystore\.(?:key|certificate)|truststore\.cert)/i.test(name),
  },
  { path: /\/delegation_token\/tokens\/.+/, isSecret: (name) => name === 'hmac' },
];

/** ZooKeeper's own nodes hold no secrets of Kafka's; ACLs are not asked for at all. */
const ALWAYS_SECRET = /(?:password|passwd|secret|jaas\.config|hmac|stored_key|server_key)/i;

export interface Masked {
  readonly data: string;
  readonly encoding: Encoding;
  readonly isMasked: boolean;
}

/** What a node holds without what nobody is to see. */
export function masked(path: string, bytes: Buffer): Masked {
  const rules = RULES.filter((rule) => rule.path.test(path));
  // Where secrets are expected, nothing is shown that cannot be understood.
  const hidden: Masked = { data: MASK, encoding: 'utf8', isMasked: true };
  if (!isUtf8(bytes)) {
    return rules.length > 0 ? hidden : { data: bytes.toString('base64'), encoding: 'base64', isMasked: false };
  }
  const text = bytes.toString('utf8');
  const isSecret = (name: string): boolean => ALWAYS_SECRET.test(name) || rules.some((rule) => rule.isSecret(name));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return rules.length > 0 ? hidden : { data: text, encoding: 'utf8', isMasked: false };
  }
  let isMasked = false;
  const shown = JSON.stringify(value, (name, each) => {
    if (name === '' || !isSecret(name) || each === null) return each;
    isMasked = true;
    return MASK;
  });
  // What hides nothing is shown as it is stored, numbers that JavaScript cannot hold included.
  return { data: isMasked ? shown : text, encoding: 'utf8', isMasked };
}
