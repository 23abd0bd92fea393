// npm run bench [-- --only ID[,ID…]] [--seconds N] [--rounds N] [--broker FILE] [--alone]: the figures of one broker, ours
// beside Apache's in turn where Maven and Java are there, ours alone otherwise. Prints a table and keeps it in bench/RESULTS.md.
import { measureGroups, measureLife, measureTool, startBroker } from '../bench/brokers.mjs';
import { cleanings, measureCleaning } from '../bench/cleaning.mjs';
import { afterLoad, groups, life, loads, tools } from '../bench/figures.mjs';
import { touchMemory } from '../bench/machine.mjs';
import { readOptions, runBench, WarmUps } from '../bench/run.mjs';
import { runMain } from './lib/say.mjs';
import { prepare } from './lib/setup.mjs';

async function measureLoads(sheet, options, { kinds, dir, zooKeeper, load }) {
  const brokers = [];
  const warmUps = new WarmUps();
  const byName = Object.fromEntries(kinds.map((kind) => [kind.name, kind]));
  try {
    for (const kind of kinds) brokers.push(await startBroker(kind, dir, zooKeeper));
    for (const figure of loads.filter(options.wanted)) {
      await sheet.figure(figure, brokers, options.rounds, async ({ name, port, pid }, round) => {
        touchMemory(figure.touchBytes);
        const topic = `${figure.id}-${round}`;
        const warmSeconds = warmUps.secondsFor(name, round);
        return load({ ...figure.job, port, brokerPids: [pid], topic, warmSeconds, seconds: options.seconds });
      });
    }
    if (options.wanted(afterLoad))
      await sheet.figure(afterLoad, brokers, 1, async (broker) => ({ rssMb: broker.rssMb() }));
    for (const tool of tools.filter(options.wanted)) {
      await sheet.figure(tool, brokers, options.rounds, ({ name, port }) => measureTool(byName[name], tool, port));
    }
  } finally {
    for (const broker of brokers) await broker.stop();
  }
}

const about = {
  title: "Ours beside Apache's: one broker",
  file: 'RESULTS.md',
  explained: '`npm run bench`; what each figure is stands in `bench/figures.mjs`.',
};

await runMain(async () => {
  const options = readOptions([life, ...groups, ...cleanings, ...tools, ...loads, afterLoad]);
  if (options.bundle === undefined) prepare();
  return runBench(options, about, async (sheet, parts) => {
    const { kinds, dir, zooKeeper, load } = parts;
    if (options.wanted(life))
      await sheet.figure(life, kinds, options.rounds, (kind) => measureLife(kind, dir, zooKeeper));
    for (const figure of groups.filter(options.wanted)) {
      await sheet.figure(figure, kinds, 1, (kind) =>
        measureGroups(kind, dir, zooKeeper, ({ port, pid }, action) =>
          load({ ...figure.job, action, port, brokerPids: [pid], topic: figure.id }),
        ),
      );
    }
    for (const figure of cleanings.filter(options.wanted)) {
      const { id, job } = figure;
      await sheet.figure(figure, kinds, options.rounds, (kind, round) =>
        measureCleaning(kind, dir, zooKeeper, { ...job, topic: `${id}-${round}`, seconds: options.seconds }, load),
      );
    }
    if ([...loads, ...tools, afterLoad].some(options.wanted)) await measureLoads(sheet, options, parts);
  });
});
