import { type ZNodeAcl, ZooKeeperError } from '../zookeeper';

export const PERMISSION = { read: 1, write: 2, create: 4, delete: 8, admin: 16 } as const;

/** Who a session is, in the words of a scheme: `ip`, `digest`, `sasl`. */
export interface AuthId {
  readonly scheme: string;
  readonly id: string;
}

const isWorld = ({ scheme, id }: AuthId): boolean => scheme === 'world' && id === 'anyone';

/** What each scheme takes as an id (AuthenticationProvider.isValid). */
const VALID: Readonly<Record<string, (id: string) => boolean>> = {
  digest: (id) => id.split(':').length === 2,
  ip: (id) => /^[\d.]+(\/\d+)?$/.test(id),
  sasl: (id) => id !== '',
};

/** Whether one of `ids` may do one of the things in `permissions` (PrepRequestProcessor.checkACL). */
export function isPermitted(acls: readonly ZNodeAcl[], permissions: number, ids: readonly AuthId[]): boolean {
  if (acls.length === 0 || ids.some(({ scheme }) => scheme === 'super')) return true;
  return acls.some(
    (acl) => (acl.permissions & permissions) !== 0 && (isWorld(acl) || ids.some((id) => matches(id, acl))),
  );
}

/**
 * The ACLs that a node gets: without duplicates, `auth` replaced by the session's own ids. Throws INVALID_ACL where none
 * is left or one makes no sense (PrepRequestProcessor.fixupACL).
 */
export function resolveAcls(path: string, wanted: readonly ZNodeAcl[], ids: readonly AuthId[]): readonly ZNodeAcl[] {
  const resolved: ZNodeAcl[] = [];
  for (const acl of wanted) {
    if (isWorld(acl)) add(resolved, acl);
    else if (acl.scheme === 'auth') {
      // An address is nothing that a session has proved.
      const proved = ids.filter(({ scheme }) => scheme !== 'ip');
      if (proved.length === 0) throw new ZooKeeperError('INVALID_ACL', path);
      for (const { scheme, id } of proved) add(resolved, { permissions: acl.permissions, scheme, id });
    } else if (VALID[acl.scheme]?.(acl.id)) add(resolved, acl);
    else throw new ZooKeeperError('INVALID_ACL', path);
  }
  if (resolved.length === 0) throw new ZooKeeperError('INVALID_ACL', path);
  return resolved;
}

function add(acls: ZNodeAcl[], { permissions, scheme, id }: ZNodeAcl): void {
  if (acls.some((acl) => acl.permissions === permissions && acl.scheme === scheme && acl.id === id)) return;
  acls.push({ permissions, scheme, id });
}

function matches(id: AuthId, acl: ZNodeAcl): boolean {
  if (id.scheme !== acl.scheme) return false;
  if (acl.scheme !== 'ip') return id.id === acl.id;
  const [network, bits = '32'] = acl.id.split('/');
  const shift = 2 ** (32 - Number(bits));
  return Math.floor(addressOf(id.id) / shift) === Math.floor(addressOf(network!) / shift);
}

function addressOf(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
