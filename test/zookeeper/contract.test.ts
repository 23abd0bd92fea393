import { silentLoggers } from '@odradek/broker/env/logger';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import { startZooKeeper } from '../support/zookeeper';
import { zooKeeperContract } from './contract';

zooKeeperContract('the node port against Apache ZooKeeper', async () => {
  const server = await startZooKeeper();
  return { zookeeper: new NodeZooKeeper(silentLoggers), connect: server.connect, stop: () => server.stop() };
});
