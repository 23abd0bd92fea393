const LONG_MAX = 2n ** 63n - 1n;

/**
 * Math.round to a long, cut down to an int, as Kafka's throttle times are made. Kept for its consequence: a byte rate or
 * mutation rate of zero gives -1, and so throttles nobody.
 */
export function toJavaInt(value: number): number {
  if (Number.isNaN(value)) return 0;
  const rounded = Math.round(value);
  if (Math.abs(rounded) <= 0x7fffffff) return rounded;
  return Number(BigInt.asIntN(32, toJavaLong(rounded)));
}

function toJavaLong(rounded: number): bigint {
  if (rounded >= 2 ** 63) return LONG_MAX;
  if (rounded <= -(2 ** 63)) return -LONG_MAX - 1n;
  return BigInt(rounded);
}

/**
 * How long nothing more may be recorded until a rate is back at its bound (QuotaUtils.throttleTime): observed O over a
 * window W comes down to T after X, where O * W / (W + X) = T. At most `maxMs`.
 */
export function rateThrottleMs(perSecond: number, bound: number, windowMs: number, maxMs: number): number {
  return toJavaInt(Math.min(((perSecond - bound) / bound) * windowMs, maxMs));
}

/** How long an overdrawn bucket takes to refill to zero (ControllerMutationQuotaManager.throttleTimeMs). */
export function bucketThrottleMs(tokens: number, perSecond: number): number {
  return (-tokens / perSecond) * 1000;
}
