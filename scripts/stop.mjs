// kafka-server-stop.sh and zookeeper-server-stop.sh: signal every server of that kind on this machine and return at once, as Apache's do.
import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'dot-properties';
import { brokersAmong, listProcesses, zooKeepersAmong } from './lib/processes.mjs';
import { PlainError, runMain } from './lib/say.mjs';

const signal = `SIG${(process.env.SIGNAL || 'TERM').replace(/^SIG/, '')}`;

function stopKafka(args) {
  const brokers = brokersAmong(listProcesses());
  const processRole = optionOf(args, '--process-role');
  const nodeId = optionOf(args, '--node-id');
  if (brokers.length === 0 || (!processRole && !nodeId)) return stopAll('kafka', brokers);
  // A role goes before an id (KIP-979); a process of a ZooKeeper cluster has no process.roles and is a broker by nature.
  const matching = brokers.filter(({ rest, cwd }) => {
    const settings = settingsOf(rest, cwd);
    if (processRole) return (settings['process.roles'] ?? 'broker').split(',').includes(processRole);
    return (settings['node.id'] ?? settings['broker.id']) === nodeId;
  });
  if (matching.length > 0) return stopAll('kafka', matching);
  console.log(
    processRole
      ? `No kafka server to stop with process.roles=${processRole}`
      : `No kafka server to stop with node.id=${nodeId}`,
  );
  return 1;
}

function stopAll(kind, servers) {
  if (servers.length === 0) {
    console.log(`No ${kind} server to stop`);
    return 1;
  }
  for (const { pid } of servers) kill(pid);
  return 0;
}

function kill(pid) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code === 'ESRCH') return; // it ended by itself
    throw new PlainError(`Process ${pid} cannot be sent ${signal}: ${error.message}`);
  }
}

const optionOf = (args, name) => args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1);

/** The settings a running broker was given: its file, relative to its own working folder, then its overrides. */
function settingsOf(rest, cwd = '.') {
  const settings = {};
  for (let i = 0; i < rest.length; i++) {
    if (rest[i] === '--override') Object.assign(settings, parse(rest[++i] ?? ''));
    else Object.assign(settings, readIfThere(path.resolve(cwd, rest[i])));
  }
  return settings;
}

const readIfThere = (file) => (fs.existsSync(file) ? parse(fs.readFileSync(file, 'utf8')) : {});

await runMain(() => {
  const [kind, ...args] = process.argv.slice(2);
  return kind === 'kafka' ? stopKafka(args) : stopAll('zookeeper', zooKeepersAmong(listProcesses()));
});
