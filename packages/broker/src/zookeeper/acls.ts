import type { ZNodeAcl } from '../env/zookeeper';

const READ = 1;
const ALL = 31;

/** Everybody may do everything (ZooDefs.Ids.OPEN_ACL_UNSAFE). */
export const OPEN_ACL: readonly ZNodeAcl[] = [{ permissions: ALL, scheme: 'world', id: 'anyone' }];

const CREATOR_ALL: ZNodeAcl = { permissions: ALL, scheme: 'auth', id: '' };
const READ_BY_ALL: ZNodeAcl = { permissions: READ, scheme: 'world', id: 'anyone' };

/** Below these only the creator may read. A plain prefix of the text, not of the path, as Apache tests it. */
const SENSITIVE_ROOTS = ['/config/users', '/config/brokers', '/delegation_token/tokens'];

/** The ACL of a node that a broker creates (ZkData.defaultAcls). `isSecure` is `zookeeper.set.acl`. */
export function defaultAcls(isSecure: boolean, path: string): readonly ZNodeAcl[] {
  // Consumers of old wrote their offsets themselves, without credentials.
  if (!isSecure || path === '/consumers') return OPEN_ACL;
  return SENSITIVE_ROOTS.some((root) => path.startsWith(root)) ? [CREATOR_ALL] : [CREATOR_ALL, READ_BY_ALL];
}
