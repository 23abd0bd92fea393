// Prints the command that runs ZooKeeper's server, quoted for a shell: bin/zookeeper-server-start.sh becomes that command.
import { runMain } from './lib/say.mjs';
import { zooKeeperCommand } from './lib/zookeeper-command.mjs';

const quote = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

await runMain(async () => {
  const { command, args } = await zooKeeperCommand();
  console.log([command, ...args].map(quote).join(' '));
  return 0;
});
