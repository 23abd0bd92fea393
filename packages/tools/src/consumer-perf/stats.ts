const MEBIBYTE = 1024 * 1024;
const DIGITS = 4;

/** How much was read by some point of time. */
export interface Progress {
  readonly timeMs: number;
  readonly bytes: number;
  readonly messages: number;
}

const decimal = (value: number): string => value.toFixed(DIGITS);

/** The column names of what is printed, in one line. */
export const header = (isDetailed: boolean): string =>
  `${isDetailed ? 'time, threadId' : 'start.time, end.time'}, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, ` +
  'rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec';

/** The one line of a run (ConsumerPerformance.main). */
export function totalLine(
  start: Progress,
  end: Progress,
  rebalanceMs: number,
  format: (timeMs: number) => string,
): string {
  const elapsedMs = end.timeMs - start.timeMs;
  const fetchMs = elapsedMs - rebalanceMs;
  const megabytes = end.bytes / MEBIBYTE;
  return [
    format(start.timeMs),
    format(end.timeMs),
    decimal(megabytes),
    decimal(megabytes / (elapsedMs / 1000)),
    end.messages,
    decimal(end.messages / (elapsedMs / 1000)),
    rebalanceMs,
    fetchMs,
    decimal(megabytes / (fetchMs / 1000)),
    decimal(end.messages / (fetchMs / 1000)),
  ].join(', ');
}

/** The line of one reporting interval (ConsumerPerformance.printConsumerProgress). The tool's one thread is number 0. */
export function intervalLine(
  last: Progress,
  now: Progress,
  rebalanceMs: number,
  format: (timeMs: number) => string,
): string {
  const elapsedMs = now.timeMs - last.timeMs;
  const fetchMs = elapsedMs - rebalanceMs;
  const megabytes = (now.bytes - last.bytes) / MEBIBYTE;
  const messages = now.messages - last.messages;
  const perFetchSecond = (amount: number): number => (fetchMs <= 0 ? 0 : (1000 * amount) / fetchMs);
  return [
    format(now.timeMs),
    0,
    decimal(now.bytes / MEBIBYTE),
    decimal((1000 * megabytes) / elapsedMs),
    now.messages,
    decimal((messages / elapsedMs) * 1000),
    rebalanceMs,
    fetchMs,
    decimal(perFetchSecond(megabytes)),
    decimal(perFetchSecond(messages)),
  ].join(', ');
}
