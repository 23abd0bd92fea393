import { readFileSync } from 'node:fs';
import type { Job, Result } from './job';

const TICKS_PER_SECOND = 100;
/** Fields of /proc/PID/stat after the command's name: user and system time. */
const USER_TIME = 11;

/** CPU seconds of a process with all its threads; 0 where there is no /proc. */
function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[USER_TIME]) + Number(fields[USER_TIME + 1])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

const sum = (pids: readonly number[]): number => pids.reduce((total, pid) => total + cpuSeconds(pid), 0);

/** Counts what happens between `begin` and `end`. */
export class Meter {
  requests = 0;
  records = 0;
  bytes = 0;
  running = false;
  private startedMs = 0;
  private brokerCpu = 0;
  private ownCpu = 0;

  constructor(private readonly job: Pick<Job, 'brokerPids'>) {}

  begin(): void {
    this.requests = this.records = this.bytes = 0;
    this.running = true;
    this.startedMs = performance.now();
    this.brokerCpu = sum(this.job.brokerPids);
    this.ownCpu = cpuSeconds(process.pid);
  }

  end(): Result {
    this.running = false;
    return {
      seconds: (performance.now() - this.startedMs) / 1000,
      requests: this.requests,
      records: this.records,
      bytes: this.bytes,
      brokerCpuSeconds: sum(this.job.brokerPids) - this.brokerCpu,
      ownCpuSeconds: cpuSeconds(process.pid) - this.ownCpu,
    };
  }
}
