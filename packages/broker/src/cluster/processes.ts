import { ApiVersions } from '@odradek/protocol/messages/api-versions';
import type { Acquaintances } from './acquaintances';
import type { BrokerEndpoint } from './metadata';
import type { ConnectPeer } from './peers';
import { isRefused, type ProcessAddress, ProcessWatch, type ProcessWatchParts } from './process-watch';

/** What can be learnt of another broker's process without ZooKeeper. */
export interface Processes {
  /**
   * Calls `onGone` once if the process turns out to have ended, as `ProcessWatch` says. `isOld`: it has not been
   * started a moment ago, as far as is known; if it has served for long then, it need not have been seen to do so.
   */
  watch(address: ProcessAddress, onGone: () => void, isOld?: boolean): { close(): void };
  /** Whether a live host says, now, that nobody listens there. */
  isRefused(address: ProcessAddress): Promise<boolean>;
  /** Whether a broker serves there. A connection alone says less: brokers listen before they are registered. */
  serves(endpoint: BrokerEndpoint): Promise<boolean>;
}

const ANSWER_TIMEOUT_MS = 2_000;

/** Over the network. */
export function networkProcesses(
  parts: ProcessWatchParts,
  connect: ConnectPeer,
  acquaintances: Acquaintances,
): Processes {
  return {
    watch: (address, onGone, isOld = false) =>
      new ProcessWatch(parts, address, onGone, isOld && acquaintances.isOld(address)),
    isRefused: (address) => isRefused(parts, address),
    async serves(endpoint) {
      try {
        const peer = await connect(endpoint);
        // A version that every broker speaks: whatever comes back, somebody is at work there.
        await peer.send(ApiVersions, 0, {}, { timeoutMs: ANSWER_TIMEOUT_MS }).finally(() => peer.close());
        return true;
      } catch {
        return false;
      }
    },
  };
}
