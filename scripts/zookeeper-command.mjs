// Prints the command that runs ZooKeeper's server, quoted for a shell: bin/zookeeper-server-start.sh becomes that command.
// Given the server's configuration file, it says first what ZooKeeper would not say clearly.
import { runMain } from './lib/say.mjs';
import { zooKeeperCommand } from './lib/zookeeper-command.mjs';
import { checkMyId } from './lib/zookeeper-config.mjs';

const quote = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

await runMain(async () => {
  checkMyId(process.argv[2]);
  const { command, args } = await zooKeeperCommand();
  console.log([command, ...args].map(quote).join(' '));
  return 0;
});
