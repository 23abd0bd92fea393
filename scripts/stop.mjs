// kafka-server-stop.sh and zookeeper-server-stop.sh: signal every server of that kind on this machine and return at once, as Apache's do.
import fs from 'node:fs';
import path from 'node:path';
import { brokersAmong, listProcesses, zooKeepersAmong } from './lib/processes.mjs';
import { PlainError, runMain } from './lib/say.mjs';

const signal = `SIG${(process.env.SIGNAL || 'TERM').replace(/^SIG/, '')}`;

async function stopKafka(args) {
  const processRole = optionOf(args, '--process-role');
  const nodeId = optionOf(args, '--node-id');
  if (processRole && nodeId) {
    console.log('When both node-id and process-role are provided, the value for node-id will take precedence');
  }
  const brokers = brokersAmong(listProcesses());
  if (brokers.length === 0 || (!processRole && !nodeId)) return stopAll('kafka', brokers);
  const { parse } = await import('dot-properties'); // zookeeper-server-stop.sh works without any dependency
  for (const { pid, rest, cwd } of brokers) {
    const settings = settingsOf(parse, rest, cwd);
    // A broker that ZooKeeper coordinates has its id under the older name.
    const matches = nodeId
      ? (settings['node.id'] ?? settings['broker.id']) === nodeId
      : settings['process.roles'] === processRole;
    if (matches) kill(pid);
  }
  return 0; // also where none matches, as Apache's script (KIP-979)
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
function settingsOf(parse, rest, cwd = '.') {
  const settings = {};
  for (let i = 0; i < rest.length; i++) {
    const file = path.resolve(cwd, rest[i]);
    if (rest[i] === '--override') Object.assign(settings, parse(rest[++i] ?? ''));
    else if (fs.existsSync(file)) Object.assign(settings, parse(fs.readFileSync(file, 'utf8')));
  }
  return settings;
}

await runMain(() => {
  const [kind, ...args] = process.argv.slice(2);
  return kind === 'kafka' ? stopKafka(args) : stopAll('zookeeper', zooKeepersAmong(listProcesses()));
});
