// Prints what kafka-run-class.sh has to run for a Java class: other programs call Kafka's tools by their classes, each is one of ours.
import path from 'node:path';
import { home } from './lib/paths.mjs';
import { PlainError, runMain } from './lib/say.mjs';
import { tools } from './lib/tools.mjs';

const servers = {
  'kafka.Kafka': 'packages/broker/dist/main.js',
  'org.apache.kafka.connect.cli.ConnectStandalone': 'packages/connect/dist/connect-standalone.js',
  'org.apache.zookeeper.server.quorum.QuorumPeerMain': 'bin/zookeeper-server-start.sh',
};

await runMain(() => {
  const className = process.argv[2] ?? '';
  const tool = tools.find(({ classes }) => classes.includes(className));
  const program = tool ? `packages/tools/dist/${tool.name}.js` : servers[className];
  if (!program) {
    const cause = `Caused by: java.lang.ClassNotFoundException: ${className}`;
    throw new PlainError(`Error: Could not find or load main class ${className}\n${cause}`);
  }
  console.log(path.join(home, program));
  return 0;
});
