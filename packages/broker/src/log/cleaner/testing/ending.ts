import type { DiskOperation, MemoryDisk } from '../../../env/testing/memory-disk';

/** A process that has ended touches its disk no more. */
export class Ended extends Error {}

/** Between calls that only look nothing changes. */
const CHANGES: ReadonlySet<DiskOperation> = new Set([
  'open',
  'write',
  'truncate',
  'flush',
  'rename',
  'remove',
  'replace',
]);

/** Lets the process end at its next change of the disk but so many. */
export function endAfter(disk: MemoryDisk, changes: number): void {
  let made = 0;
  disk.fault = (operation) => {
    if (CHANGES.has(operation)) made++;
    if (made > changes) throw new Ended();
    return null;
  };
}
