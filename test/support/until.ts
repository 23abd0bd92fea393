import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/** Polls until `holds` says true; fails after `limitMs`. */
export async function until(holds: () => boolean | Promise<boolean>, limitMs = 50_000): Promise<void> {
  const deadlineMs = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error(`not so after ${limitMs} ms: ${holds}`);
    await sleep(POLL_MS);
  }
}
