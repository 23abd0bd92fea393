/**
 * The partition of its coordinator's topic that a group or a transactional id lives in: Java's hash of its name; the
 * smallest integer counts as 0.
 */
export function partitionFor(name: string, partitions: number): number {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) | 0;
  return hash === -0x8000_0000 ? 0 : Math.abs(hash) % partitions;
}
