import { type BatchInit, buildBatch, type RecordInit } from '@odradek/protocol/records/builder';
import type { Disk, DiskError } from '../../env/disk';
import { silentLoggers } from '../../env/logger';
import type { Random } from '../../env/random';
import { ManualClock } from '../../env/testing/clock';
import { MemoryDisk } from '../../env/testing/memory-disk';
import { FilePool } from '../file-pool';
import { DEFAULT_LOG_CONFIG, type LogConfig } from '../log-config';
import type { PartitionLogOptions } from '../log-state';
import { PartitionLog } from '../partition-log';
import { DEFAULT_PRODUCER_STATE_CONFIG } from '../producer-state';
import type { FetchIsolation } from '../types';

export const START_MS = 1_700_000_000_000;

/** Always the same: `below` halves its limit. */
export const steadyRandom: Random = {
  below: (limit) => Math.floor(limit / 2),
  bytes: (length) => Buffer.alloc(length, 0xab),
  uuid: () => 'AAAAAAAAAAAAAAAAAAAAAQ',
};

export interface Fixture {
  readonly disk: MemoryDisk;
  readonly clock: ManualClock;
  readonly pool: FilePool;
  readonly diskErrors: DiskError[];
  /** Opens the log `t-0` in `/data`. */
  open(config?: Partial<LogConfig>, options?: Partial<PartitionLogOptions>): PartitionLog;
}

export function fixture(): Fixture {
  const clock = new ManualClock(START_MS);
  const disk = new MemoryDisk(() => clock.nowMs());
  disk.makeFolder('/data');
  const pool = new FilePool(disk);
  const diskErrors: DiskError[] = [];
  const open: Fixture['open'] = (config, options) =>
    openLog(disk, clock, config, { pool, onDiskError: (error) => diskErrors.push(error), ...options });
  return { disk, clock, pool, diskErrors, open };
}

export function openLog(
  disk: Disk,
  clock: ManualClock,
  config: Partial<LogConfig> = {},
  options: Partial<PartitionLogOptions> = {},
): PartitionLog {
  const steps = PartitionLog.open({
    pool: new FilePool(disk),
    clock,
    random: steadyRandom,
    logger: silentLoggers.logger('log'),
    dir: '/data',
    folderName: 't-0',
    topic: 't',
    partition: 0,
    config: { ...DEFAULT_LOG_CONFIG, ...config },
    producerStateConfig: DEFAULT_PRODUCER_STATE_CONFIG,
    recoveryPoint: 0,
    logStartOffset: 0,
    hadCleanShutdown: true,
    isToBeDeleted: false,
    onDiskError: (error) => {
      throw error;
    },
    ...options,
  });
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** A batch of `count` records of about `bytes` each. */
export function batch(count = 1, init: BatchInit & { bytes?: number; timestamp?: number } = {}): Buffer {
  const { bytes = 10, timestamp = START_MS, ...header } = init;
  const records: RecordInit[] = Array.from({ length: count }, (_, i) => ({
    timestamp: timestamp + i,
    key: Buffer.from(`k${i}`),
    value: Buffer.alloc(bytes, i),
  }));
  return buildBatch({ ...header, records });
}

export function append(
  log: PartitionLog,
  records: Buffer,
  leaderEpoch = 0,
  origin: 'client' | 'coordinator' = 'client',
) {
  return log.appendAsLeader(records, { leaderEpoch, origin });
}

/** All bytes from `offset` on. */
export function readAll(
  log: PartitionLog,
  offset: number,
  isolation: FetchIsolation = 'log-end',
  maxBytes = 1 << 30,
): Buffer {
  const { slice } = log.read(offset, { maxBytes, minOneMessage: true, isolation });
  const target = Buffer.alloc(slice.bytes);
  return target.subarray(0, slice.readInto(target, 0));
}
