import { setTimeout as sleep } from 'node:timers/promises';
import type { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';

const TIMEOUT_MS = 20_000;
const PAUSE_MS = 20;
const NONE = 0;
const TOPIC_ALREADY_EXISTS = 36;
/** UNKNOWN_SERVER_ERROR, REQUEST_TIMED_OUT, NOT_CONTROLLER. */
const NOT_YET: ReadonlySet<number> = new Set([-1, 7, 41]);

/**
 * Makes a topic where it is not there. A broker's ZooKeeper session may end under it, as a short one does on a slow
 * machine: who is caught in that hears UNKNOWN_SERVER_ERROR, and NOT_CONTROLLER until the next election, as from
 * Apache's broker; they ask again.
 */
export async function ensureTopic(peer: PeerConnection, name: string, numPartitions: number): Promise<void> {
  const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] };
  const request = { topics: [topic], timeoutMs: TIMEOUT_MS };
  for (;;) {
    const { topics } = await peer.send(CreateTopics, 7, request, { timeoutMs: 2 * TIMEOUT_MS });
    const { errorCode, errorMessage } = topics[0]!;
    if (errorCode === NONE || errorCode === TOPIC_ALREADY_EXISTS) return;
    if (!NOT_YET.has(errorCode)) throw new Error(`CreateTopics: error ${errorCode}, ${errorMessage}`);
    await sleep(PAUSE_MS);
  }
}
