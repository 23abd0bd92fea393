// npm start [-- zookeeper.properties [server.properties]]: ZooKeeper and one broker, everything they need first, until Ctrl-C.
import fs from 'node:fs';
import path from 'node:path';
import { home } from './lib/paths.mjs';
import { brokerServes, somethingListens, zooKeeperServes } from './lib/probe.mjs';
import { PlainError, runMain } from './lib/say.mjs';
import { Server } from './lib/server.mjs';
import { prepare } from './lib/setup.mjs';
import { smallJvm, zooKeeperCommand } from './lib/zookeeper-command.mjs';

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
/** Ctrl-C reaches us from the terminal and once more from npm: only a later one means impatience. */
const echoMs = 1_000;
const parentPollMs = 1_000;

async function readPlaces(zooKeeperFile, brokerFile) {
  const { parse } = await import('dot-properties'); // not there before prepare()
  const read = (file) => {
    if (!fs.existsSync(file)) throw new PlainError(`There is no file ${file}.`);
    return parse(fs.readFileSync(file, 'utf8'));
  };
  const [zooKeeperSettings, settings] = [read(zooKeeperFile), read(brokerFile)];
  return {
    zooKeeper: {
      file: zooKeeperFile,
      port: Number(zooKeeperSettings.clientPort ?? 2181),
      data: zooKeeperSettings.dataDir,
    },
    broker: {
      file: brokerFile,
      id: settings['broker.id'] ?? settings['node.id'],
      data: settings['log.dirs'] ?? settings['log.dir'] ?? '/tmp/kafka-logs',
      ...firstListener(settings.listeners ?? 'PLAINTEXT://:9092'),
    },
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

async function refuseOccupiedPorts({ zooKeeper, broker }) {
  for (const [host, { port, file }, setting] of [
    ['localhost', zooKeeper, 'clientPort'],
    [broker.host, broker, 'listeners'],
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
    const { zooKeeper, broker } = places;
    const keeper = launch({
      name: 'ZooKeeper',
      command,
      args: [...args, zooKeeper.file],
      log: 'zookeeper.out',
      patienceMs: 10_000,
    });
    await keeper.ready(() => zooKeeperServes('localhost', zooKeeper.port), 60_000);
    console.log(`ZooKeeper ${version} serves on localhost:${zooKeeper.port} (log: ${shown(keeper.logFile)})`);

    const main = path.join(home, 'packages', 'broker', 'dist', 'main.js');
    const kafka = launch({
      name: 'The broker',
      command: process.execPath,
      args: ['--min-semi-space-size=16', main, broker.file],
      log: 'kafkaServer.out',
      patienceMs: 60_000,
    });
    const serves = broker.isPlain ? brokerServes : somethingListens;
    await kafka.ready(() => serves(broker.host, broker.port), 60_000);
    console.log(`The broker serves on ${broker.host}:${broker.port} (log: ${shown(kafka.logFile)})`);
    console.log(whatNext(places));

    const first = await Promise.race(servers.map((server) => server.ended.then((how) => ({ server, how }))));
    throw new PlainError(`${first.server.name} ended (${first.how}). ${first.server.lastLines()}`);
  }
}

const shown = (file) => (file.startsWith(process.cwd() + path.sep) ? path.relative(process.cwd(), file) : file);

function whatNext({ zooKeeper, broker }) {
  const at = `--bootstrap-server ${broker.host}:${broker.port}`;
  return [
    '',
    'Type in another terminal:',
    `  bin/kafka-topics.sh --create --topic quickstart-events ${at}`,
    `  bin/kafka-console-producer.sh --topic quickstart-events ${at}`,
    `  bin/kafka-console-consumer.sh --topic quickstart-events --from-beginning ${at}`,
    '',
    `Ctrl-C stops both. What they keep in ${broker.data} and ${zooKeeper.data} is there again at the next start.`,
  ].join('\n');
}

/** Resolves at the first signal, or when npm, which started us, is gone. An impatient second signal kills the servers. */
function stopRequest(servers) {
  let release;
  const requested = new Promise((resolve) => {
    let firstMs;
    const request = (signal) => {
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
  return Object.assign(requested, { release });
}

await runMain(async () => {
  prepare();
  const [zooKeeperFile = 'config/zookeeper.properties', brokerFile = 'config/server.properties'] =
    process.argv.slice(2);
  const places = await readPlaces(zooKeeperFile, brokerFile);
  await refuseOccupiedPorts(places);
  const zooKeeper = await zooKeeperCommand(smallJvm);
  return serve(places, zooKeeper);
});
