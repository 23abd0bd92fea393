import { silentLoggers } from '@odradek/broker/env/logger';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import type { ZooKeeperSession } from '@odradek/broker/env/zookeeper';
import { ClusterClient, pause } from '../../replication/load/client';
import { type Kafka, Place, type Side } from './member';
import { STEPS, type Subject } from './tree-steps';
import { type Tree, treeDifferences, treeOf } from './tree-view';

const BROKERS = 3;
/** So long nothing has changed: then everybody is done. A killed broker's session is among what is waited for. */
const QUIET_MS = 6_000;
const POLL_MS = 250;
const LIMIT_MS = 90_000;
const TIMEOUT_MS = 30_000;
const SETTINGS = {
  // Elections only where a step asks for them.
  'auto.leader.rebalance.enable': 'false',
  // A busy machine ends no session.
  'zookeeper.session.timeout.ms': 7_000,
};

interface Cluster extends Subject {
  readonly root: string;
}

async function startCluster(kafka: Kafka, side: Side, zooKeeper: string, root: string): Promise<Cluster> {
  const places: Place[] = [];
  // One after the other: the first is the controller.
  for (let id = 0; id < BROKERS; id++) {
    const place = await Place.make(kafka, id, `${zooKeeper}${root}`, SETTINGS);
    place.side = side;
    await place.start();
    places.push(place);
  }
  return { places, root, client: new ClusterClient(places.map(({ port }) => port)) };
}

/** The tree once it has come to rest. */
async function atRest(session: ZooKeeperSession, root: string): Promise<Tree> {
  const deadlineMs = performance.now() + LIMIT_MS;
  let [last, sinceMs] = [await treeOf(session, root), performance.now()];
  while (performance.now() - sinceMs < QUIET_MS && performance.now() < deadlineMs) {
    await pause(POLL_MS);
    const now = await treeOf(session, root);
    if (JSON.stringify(now) !== JSON.stringify(last)) [last, sinceMs] = [now, performance.now()];
  }
  return last;
}

/**
 * The same is done to a cluster of our brokers and to one of Apache's: what ZooKeeper holds then is the same, with the same
 * number of writes. Returns how many steps it was not so after.
 */
export async function compareTrees(kafka: Kafka, zooKeeper: string, self: boolean): Promise<number> {
  const options = { connect: zooKeeper, sessionTimeoutMs: TIMEOUT_MS, connectionTimeoutMs: TIMEOUT_MS };
  const session = await new NodeZooKeeper(silentLoggers).connect(options);
  const clusters = await Promise.all([
    startCluster(kafka, self ? 'apache' : 'ours', zooKeeper, '/trees-ours'),
    startCluster(kafka, 'apache', zooKeeper, '/trees-apache'),
  ]);
  let wrong = 0;
  let areStatesCounted = true;
  try {
    for (const { name, run, losesCount } of STEPS) {
      await Promise.all(clusters.map((cluster) => run(cluster)));
      const [ours, apache] = await Promise.all(clusters.map(({ root }) => atRest(session, root)));
      if (losesCount) areStatesCounted = false;
      const unlike = treeDifferences(ours!, apache!, areStatesCounted);
      if (unlike.length > 0) wrong++;
      console.log(`${unlike.length === 0 ? 'same ' : 'WRONG'} ${Object.keys(apache!).length} znodes after: ${name}`);
      for (const line of unlike) console.log(`      ${line}`);
    }
  } finally {
    await Promise.all(clusters.flatMap(({ places }) => places.map((place) => place.remove())));
    await session.close();
  }
  return wrong;
}
