import { createLoggers } from '@odradek/broker/env/node/logger';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import { CoordinationServer } from '../../packages/odradek/src/zookeeper/server';
import { zooKeeperContract } from './contract';

zooKeeperContract('the coordination service of embedded clusters', async () => {
  const server = new CoordinationServer();
  const port = await server.start(0, '127.0.0.1');
  const loggers = createLoggers({ format: 'log4j', level: 'ERROR', destination: { write: () => {} } });
  return { zookeeper: new NodeZooKeeper(loggers), connect: `127.0.0.1:${port}`, stop: () => server.stop() };
});
