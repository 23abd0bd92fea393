import { types } from 'node:util';
import { MessageChannel, type MessagePort } from 'node:worker_threads';

/** Below, memory may be part of a pool that others use. */
const MIN_BYTES = 16 * 1024;

let nowhere: MessagePort | undefined;

function portToNowhere(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
}

/**
 * Frees memory that a native library has returned and that nobody looks at any more. Left to the garbage collector, it
 * counts as pressure: of lz4 batches every 40th made it collect the whole heap. What is transferred to a port without
 * another end is freed at once (the first, with the turn of the event loop), and the next call gets the same pages again.
 */
export function giveBack(bytes: Buffer): void {
  const { buffer } = bytes;
  const isWhole = bytes.length === buffer.byteLength && bytes.length >= MIN_BYTES;
  if (!isWhole || !types.isArrayBuffer(buffer)) return;
  nowhere ??= portToNowhere();
  try {
    nowhere.postMessage(null, [buffer]);
  } catch {
    // Memory that cannot change hands is the collector's after all.
  }
}
