// npm run bench:cluster [-- --only ID[,ID…]] [--seconds N] [--rounds N] [--alone]: the figures of three brokers, ours beside
// Apache's in turn where Maven and Java are there, ours alone otherwise. Prints a table and keeps it in bench/RESULTS-cluster.md.
import { clusterAfterLoad, clusterLife, clusterLoads, outages } from '../bench/cluster-figures.mjs';
import { measureClusterStart, onCluster, startCluster } from '../bench/clusters.mjs';
import { touchMemory } from '../bench/machine.mjs';
import { readOptions, runBench, WarmUps } from '../bench/run.mjs';
import { runMain } from './lib/say.mjs';
import { prepare } from './lib/setup.mjs';

async function measureLoads(sheet, options, { kinds, dir, zooKeeper, load }) {
  const clusters = [];
  const warmUps = new WarmUps();
  try {
    for (const kind of kinds) clusters.push(await startCluster(kind, dir, zooKeeper));
    for (const figure of clusterLoads.filter(options.wanted)) {
      await sheet.figure(figure, clusters, options.rounds, ({ name, port, brokerPids }, round) => {
        touchMemory(figure.touchBytes);
        const topic = `${figure.id}-${round}`;
        const warmSeconds = warmUps.secondsFor(name, round);
        return load({ ...figure.job, port, brokerPids, topic, warmSeconds, seconds: options.seconds });
      });
    }
    if (options.wanted(clusterAfterLoad))
      await sheet.figure(clusterAfterLoad, clusters, 1, async (cluster) => ({ rssMb: cluster.rssMb() }));
  } finally {
    for (const cluster of clusters) await cluster.kill();
  }
}

const about = {
  title: "Ours beside Apache's: three brokers",
  file: 'RESULTS-cluster.md',
  explained: '`npm run bench:cluster`; what each figure is stands in `bench/cluster-figures.mjs`.',
};

await runMain(async () => {
  const options = readOptions([clusterLife, ...clusterLoads, clusterAfterLoad, ...outages]);
  if (options.bundle === undefined) prepare();
  return runBench(options, about, async (sheet, parts) => {
    const { kinds, dir, zooKeeper, load } = parts;
    if (options.wanted(clusterLife))
      await sheet.figure(clusterLife, kinds, options.rounds, (kind) => measureClusterStart(kind, dir, zooKeeper));
    if ([...clusterLoads, clusterAfterLoad].some(options.wanted)) await measureLoads(sheet, options, parts);
    for (const figure of outages.filter(options.wanted)) {
      await sheet.figure(figure, kinds, 1, (kind) =>
        onCluster(kind, dir, zooKeeper, ({ port, pids, brokerPids }) =>
          load({ ...figure.job, port, pids, brokerPids, topic: figure.id }),
        ),
      );
    }
  });
});
