import { SimulatedTime } from '@odradek/broker/env/simulation/clock';
import { Fabric } from '@odradek/broker/env/simulation/fabric';
import { SeededRandom } from '@odradek/broker/env/simulation/random';
import { SimulatedZooKeeper } from '@odradek/broker/env/simulation/zookeeper';
import { SimulatedEnsemble } from '@odradek/broker/env/simulation/zookeeper-ensemble';
import { zooKeeperContract } from './contract';

zooKeeperContract('the simulated ensemble', async () => {
  const random = new SeededRandom(1);
  const time = new SimulatedTime(random, Date.now());
  const fabric = new Fabric(time, random);
  const ensemble = new SimulatedEnsemble(fabric, random, { hosts: ['zk-0', 'zk-1', 'zk-2'], tickTimeMs: 2_000 });
  let isRunning = true;
  const run = time.runWhile(() => isRunning);
  return {
    zookeeper: new SimulatedZooKeeper(fabric, fabric.host('client'), time.process('client'), random),
    connect: ensemble.connect,
    stop: async () => {
      isRunning = false;
      await run;
    },
  };
});
