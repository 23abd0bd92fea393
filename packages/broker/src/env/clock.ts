/** A pending callback. Cancelling one that has run, or twice, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Time, as a port: the simulation runs whole clusters on a clock of its own. */
export interface Clock {
  /** Milliseconds since the epoch, for what others see: record and znode timestamps, file times. May jump. */
  nowMs(): number;
  /** Milliseconds since some fixed point, for durations and deadlines. Never goes back; fractions are real. */
  monotonicMs(): number;
  /** Runs `callback` once after `delayMs`. */
  after(delayMs: number, callback: () => void): Timer;
  /** Runs `callback` every `intervalMs`, first after one interval. */
  every(intervalMs: number, callback: () => void): Timer;
  /** Runs `callback` in the next turn of the event loop, after the I/O that is ready now. */
  soon(callback: () => void): void;
}

/** A promise that resolves after `delayMs`. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}

/**
 * For what somebody has to be heard of until then: runs `callback` after `delayMs`, once all has been read that came in
 * by that moment. Timers run before sockets are read: after a turn of the event loop that took long, or a stop of the
 * whole process, what was sent in time still lies unread. `callback` gets the monotonic time up to which all was read.
 */
export function deadline(clock: Clock, delayMs: number, callback: (heardUntilMs: number) => void): Timer {
  let isCancelled = false;
  const timer = clock.after(delayMs, () => {
    const heardUntilMs = clock.monotonicMs();
    clock.soon(() => {
      if (!isCancelled) callback(heardUntilMs);
    });
  });
  return {
    cancel: () => {
      isCancelled = true;
      timer.cancel();
    },
  };
}

/** `Clock.every` of a clock that has `after`: the next time is set before this one's callback runs. */
export function repeat(clock: Pick<Clock, 'after'>, intervalMs: number, callback: () => void): Timer {
  let current: Timer;
  const next = (): void => {
    current = clock.after(intervalMs, () => {
      next();
      callback();
    });
  };
  next();
  return { cancel: () => current.cancel() };
}
