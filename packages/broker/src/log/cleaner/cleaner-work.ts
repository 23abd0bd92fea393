import type { WorkPort } from '../../env/background';
import type { Clock, Timer } from '../../env/clock';
import { type Disk, DiskError } from '../../env/disk';
import { FilePool } from '../file-pool';
import { splitSegment } from '../segment-split';
import { BatchReader } from './batch-reader';
import { CleanerBuffers } from './clean-batches';
import { cleanGroup } from './clean-group';
import { CleanedTransactions } from './cleaned-transactions';
import { mapKeys, type Steps } from './map-keys';
import type {
  CleanerAnswer,
  CleanerLimits,
  CleanerRequest,
  CleanerTask,
  GroupRequest,
  MapRequest,
  SplitRequest,
} from './messages';
import { OffsetMap } from './offset-map';
import { Throttler } from './throttler';

export const CLEANER_WORK = 'log-cleaner';

/**
 * What of cleaning takes its time: reading, hashing and writing. It runs aside from the thread that serves, in small
 * steps, and knows no log: it is told which files to read and which to make (kafka.log.Cleaner).
 */
export class CleanerWork {
  private readonly map = new OffsetMap();
  private readonly buffers = new CleanerBuffers();
  private readonly throttler: Throttler;
  private transactions = new CleanedTransactions();
  private limits: CleanerLimits | null = null;
  private reader = new BatchReader(0, 0);
  private isAborted = false;
  private isBusy = false;
  /** Ends the rest that is being taken. */
  private wake: () => void = () => {};

  constructor(
    private readonly port: WorkPort<CleanerRequest, CleanerAnswer>,
    private readonly disk: Disk,
    private readonly clock: Clock,
  ) {
    this.throttler = new Throttler(clock);
    port.onMessage((request) => this.take(request));
  }

  /** Gives up what is under way, and takes away what it has made. */
  stop(): void {
    this.isAborted = this.isBusy;
    this.wake();
  }

  private take(request: CleanerRequest): void {
    if (request.kind === 'abort') {
      this.stop();
      return;
    }
    if (request.kind === 'rate') {
      if (this.limits !== null) this.limits = { ...this.limits, ioBytesPerSecond: request.ioBytesPerSecond };
      this.wake();
      return;
    }
    this.isBusy = true;
    void this.answer(request).then((answer) => {
      this.isBusy = false;
      this.isAborted = false;
      this.port.post(answer);
    });
  }

  private async answer(request: CleanerTask): Promise<CleanerAnswer> {
    try {
      return await this.run(this.stepsOf(request));
    } catch (error) {
      const disk = error instanceof DiskError ? { path: error.path, code: error.code } : null;
      return { kind: 'failed', message: error instanceof Error ? error.message : String(error), disk };
    }
  }

  private stepsOf(request: CleanerTask): Steps<CleanerAnswer> {
    switch (request.kind) {
      case 'map':
        return this.mapSteps(request);
      case 'group':
        return this.groupSteps(request);
      case 'split':
        return this.splitSteps(request);
    }
  }

  private *mapSteps(request: MapRequest): Steps<CleanerAnswer> {
    const { limits } = request;
    const { ioBufferBytes, maxMessageBytes } = limits;
    const isAsBefore = ioBufferBytes === this.limits?.ioBufferBytes && maxMessageBytes === this.limits.maxMessageBytes;
    if (isAsBefore) this.reader.restore();
    else this.reader = new BatchReader(ioBufferBytes, maxMessageBytes);
    this.limits = limits;
    this.transactions = new CleanedTransactions();
    this.map.reset(limits.slots);
    const bytes = yield* mapKeys(this.disk, request, this.map, this.reader, this.buffers.scratch);
    return { kind: 'mapped', endOffset: this.map.latestOffset + 1, keys: this.map.size, bytes };
  }

  private groupSteps(request: GroupRequest): Steps<CleanerAnswer> {
    const { disk, clock, map, transactions, reader, buffers } = this;
    return cleanGroup(request, { disk, clock, map, transactions, reader, buffers });
  }

  private *splitSteps({ segment, ...into }: SplitRequest): Steps<CleanerAnswer> {
    const { disk, clock } = this;
    const pieces = yield* splitSegment(segment, { ...into, pool: new FilePool(disk), clock });
    return { kind: 'split', baseOffsets: pieces.map(({ baseOffset }) => baseOffset) };
  }

  private async run(steps: Steps<CleanerAnswer>): Promise<CleanerAnswer> {
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) return step.value;
      await this.rest(step.value);
      if (!this.isAborted) continue;
      steps.return({ kind: 'aborted' });
      return { kind: 'aborted' };
    }
  }

  /** A turn for messages; longer where the limit of I/O asks for it. */
  private rest(bytes: number): Promise<void> {
    const restMs = this.throttler.restMs(bytes, this.limits!.ioBytesPerSecond);
    return new Promise((resolve) => {
      if (restMs === 0) {
        this.clock.soon(resolve);
        return;
      }
      const timer: Timer = this.clock.after(restMs, resolve);
      this.wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}
