// npm start [-- zookeeper.properties server.properties …]: ZooKeeper and the brokers, everything they need first, until Ctrl-C.
import fs from 'node:fs';
import path from 'node:path';
import { consolePlace } from './lib/console-place.mjs';
import { home } from './lib/paths.mjs';
import { brokerServes, groupsServe, somethingListens, zooKeeperServes } from './lib/probe.mjs';
import { PlainError, runMain } from './lib/say.mjs';
import { Server } from './lib/server.mjs';
import { prepare } from './lib/setup.mjs';
import { smallJvm, zooKeeperCommand } from './lib/zookeeper-command.mjs';

/**
 * The files are for each broker alone, as Kafka's are. Several of them keep what coordinators know as a cluster does, or the
 * loss of one broker would stop the groups that it coordinates.
 */
const overridesOf = (brokers) =>
  brokers < 2
    ? []
    : [
        `offsets.topic.replication.factor=${Math.min(brokers, 3)}`,
        `transaction.state.log.replication.factor=${Math.min(brokers, 3)}`,
        `transaction.state.log.min.isr=${Math.min(brokers - 1, 2)}`,
        // They stop together: who has the last copy of something need not wait long for somebody to take it over.
        'controlled.shutdown.retry.backoff.ms=300',
      ].flatMap((setting) => ['--override', setting]);

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
/** Ctrl-C reaches us from the terminal and once more from npm: only a later one means impatience. */
const echoMs = 1_000;
const parentPollMs = 1_000;

const defaultFiles = {
  zooKeeper: 'config/zookeeper.properties',
  brokers: ['config/server.properties', 'config/server-1.properties', 'config/server-2.properties'],
};

async function readPlaces(zooKeeperFile, brokerFiles) {
  const { parse } = await import('dot-properties'); // not there before prepare()
  const read = (file) => {
    if (!fs.existsSync(file)) throw new PlainError(`There is no file ${file}.`);
    return parse(fs.readFileSync(file, 'utf8'));
  };
  const zooKeeperSettings = read(zooKeeperFile);
  return {
    zooKeeper: {
      file: zooKeeperFile,
      port: Number(zooKeeperSettings.clientPort ?? 2181),
      data: zooKeeperSettings.dataDir,
    },
    brokers: brokerFiles.map((file) => {
      const settings = read(file);
      return {
        file,
        settings,
        data: settings['log.dirs'] ?? settings['log.dir'] ?? '/tmp/kafka-logs',
        ...firstListener(settings.listeners ?? 'PLAINTEXT://:9092'),
      };
    }),
  };
}

/** Only a plain listener can be asked without credentials: the first of them, else the first of all. */
function firstListener(listeners) {
  const all = [...listeners.matchAll(/([\w.-]+):\/\/(\[[^\]]*\]|[^:,]*):(\d+)/g)];
  const chosen = all.find(([, name]) => name === 'PLAINTEXT') ?? all[0];
  if (!chosen) throw new PlainError(`listeners=${listeners} cannot be read: it must look like PLAINTEXT://:9092.`);
  const [, name, host, port] = chosen;
  const bare = host.replace(/^\[|\]$/g, '');
  return {
    isPlain: name === 'PLAINTEXT',
    host: ['', '0.0.0.0', '::'].includes(bare) ? 'localhost' : bare,
    port: Number(port),
  };
}

async function refuseOccupiedPorts({ zooKeeper, brokers }) {
  for (const [host, { port, file }, setting] of [
    ['localhost', zooKeeper, 'clientPort'],
    ...brokers.map((broker) => [broker.host, broker, 'listeners']),
  ]) {
    if (await somethingListens(host, port)) {
      throw new PlainError(`Port ${port} is in use: stop what listens there, or change ${setting} in ${file}.`);
    }
  }
}

async function serve(places, { command, args, version }) {
  const logDir = process.env.LOG_DIR || path.join(home, 'logs');
  fs.mkdirSync(logDir, { recursive: true });
  const servers = [];
  const launch = (options) => {
    const server = new Server({ ...options, logFile: path.join(logDir, options.log) });
    servers.push(server);
    return server;
  };
  const stopping = stopRequest(servers);
  try {
    const outcome = await Promise.race([stopping, run()]);
    if (outcome.signal) console.log(`${outcome.signal === 'SIGINT' ? '\n' : ''}Stopping …`);
    return outcome.exitCode;
  } finally {
    // The broker hands over and writes to ZooKeeper while it stops: last started, first stopped.
    for (const server of servers.reverse()) await server.stop();
    stopping.release();
  }

  async function run() {
    const { zooKeeper, brokers } = places;
    const keeper = launch({
      name: 'ZooKeeper',
      command,
      args: [...args, zooKeeper.file],
      log: 'zookeeper.out',
      patienceMs: 10_000,
    });
    await keeper.ready(() => zooKeeperServes('localhost', zooKeeper.port), 60_000);
    console.log(`ZooKeeper ${version} serves on localhost:${zooKeeper.port} (log: ${shown(keeper.logFile)})`);

    const webConsole = await consolePlace(brokers[0].settings);
    const kafkas = await Promise.all(
      brokers.map((broker, index) => {
        const overrides = [...overridesOf(brokers.length), ...(index === 0 ? webConsole.overrides : [])];
        return startBroker(broker, index, overrides);
      }),
    );
    // On all of them while all are there: groups are to work also if the first thing that somebody tries is to end a broker.
    const [first] = brokers;
    if (brokers.length > 1 && first.isPlain) await kafkas[0].ready(() => groupsServe(first.host, first.port), 60_000);
    const { host, port } = webConsole;
    if (host !== null) await kafkas[0].ready(() => somethingListens(host.replace(/[[\]]/g, ''), port), 60_000);
    console.log(whatNext(places, webConsole));
    const last = await Promise.race([keeper.ended.then(() => keeper), lastOf(kafkas, brokers)]);
    throw new PlainError(`${last.name} ended (${await last.ended}). ${last.lastLines()}`);
  }

  async function startBroker(broker, index, overrides) {
    const main = path.join(home, 'packages', 'broker', 'dist', 'main.js');
    const kafka = launch({
      name: places.brokers.length === 1 ? 'The broker' : `The broker of ${shown(broker.file)}`,
      command: process.execPath,
      args: ['--min-semi-space-size=16', main, broker.file, ...overrides],
      log: index === 0 ? 'kafkaServer.out' : `kafkaServer-${index}.out`,
      patienceMs: 60_000,
    });
    const serves = broker.isPlain ? brokerServes : somethingListens;
    await kafka.ready(() => serves(broker.host, broker.port), 60_000);
    console.log(`${kafka.name} serves on ${broker.host}:${broker.port} (log: ${shown(kafka.logFile)})`);
    return kafka;
  }

  /** A cluster survives the loss of a broker, so that people may try it out: only the last one's end is the end. */
  async function lastOf(kafkas, brokers) {
    let left = kafkas.length;
    return new Promise((resolve) => {
      for (const [index, kafka] of kafkas.entries()) {
        kafka.ended.then((how) => {
          if (--left === 0) return resolve(kafka);
          if (stopping.isRequested()) return;
          console.log(
            `${kafka.name} ended (${how}); ${left} go on. To have it back: bin/kafka-server-start.sh ${shown(brokers[index].file)}`,
          );
        });
      }
    });
  }
}

const shown = (file) => (file.startsWith(process.cwd() + path.sep) ? path.relative(process.cwd(), file) : file);

function whatNext({ zooKeeper, brokers }, webConsole) {
  const [broker] = brokers;
  const at = `--bootstrap-server ${broker.host}:${broker.port}`;
  const copies = brokers.length > 1 ? ` --replication-factor ${brokers.length}` : '';
  return [
    '',
    'Type in another terminal:',
    `  bin/kafka-topics.sh --create --topic quickstart-events${copies} ${at}`,
    `  bin/kafka-console-producer.sh --topic quickstart-events ${at}`,
    `  bin/kafka-console-consumer.sh --topic quickstart-events --from-beginning ${at}`,
    '',
    ...(webConsole.host === null ? [] : [`The cluster in a browser: http://${webConsole.host}:${webConsole.port}`, '']),
    `Ctrl-C stops everything. What is kept in ${[...brokers, zooKeeper].map(({ data }) => data).join(', ')} is there again at the next start.`,
  ].join('\n');
}

/** Resolves at the first signal, or when npm, which started us, is gone. An impatient second signal kills the servers. */
function stopRequest(servers) {
  let release;
  let isRequested = false;
  const requested = new Promise((resolve) => {
    let firstMs;
    const request = (signal) => {
      isRequested = true;
      firstMs ??= Date.now();
      if (Date.now() - firstMs > echoMs) for (const server of servers) server.kill();
      resolve({ signal, exitCode: signal === 'SIGINT' ? 0 : 128 + signalNumbers[signal] });
    };
    for (const signal of Object.keys(signalNumbers)) process.on(signal, request);
    const parent = process.ppid;
    const watch = setInterval(() => process.ppid !== parent && request('SIGHUP'), parentPollMs);
    if (!process.env.npm_lifecycle_event) clearInterval(watch);
    release = () => clearInterval(watch);
  });
  return Object.assign(requested, { release, isRequested: () => isRequested });
}

await runMain(async () => {
  prepare();
  const [zooKeeperFile = defaultFiles.zooKeeper, ...brokerFiles] = process.argv.slice(2);
  const places = await readPlaces(zooKeeperFile, brokerFiles.length > 0 ? brokerFiles : defaultFiles.brokers);
  await refuseOccupiedPorts(places);
  const zooKeeper = await zooKeeperCommand(smallJvm);
  return serve(places, zooKeeper);
});
