import { silentLoggers } from '../../env/logger';
import { MemoryDisk } from '../../env/testing/memory-disk';
import { LogDir } from '../log-dir';
import { CleanerCheckpoints } from './cleaner-checkpoints';

const PARTITION = { name: 't-0', topic: 't', partition: 0 };

test('what changes as a writing ends is written, too, whenever that is', async () => {
  for (let turns = 0; turns < 40; turns++) {
    const disk = new MemoryDisk();
    disk.makeFolder('/a');
    const dirs = new Map([['/a', new LogDir(disk, '/a', silentLoggers.logger('test'))]]);
    const checkpoints = new CleanerCheckpoints(dirs, () => {});
    checkpoints.set('/a', PARTITION, 100);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    checkpoints.set('/a', PARTITION, 50);
    await checkpoints.flush();
    const written = disk.readFile('/a/cleaner-offset-checkpoint')?.toString();
    expect([turns, written]).toEqual([turns, '0\n1\nt 0 50\n']);
  }
});
