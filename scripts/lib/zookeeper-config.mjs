import fs from 'node:fs';
import path from 'node:path';
import { PlainError } from './say.mjs';

const setting = (line) => /^\s*([^#!\s=:][^\s=:]*)\s*[=:]\s*(.*?)\s*$/.exec(line)?.slice(1);

/**
 * Holds up a member of an ensemble that would not know which one it is: ZooKeeper itself ends with a stack trace then,
 * and with `-daemon` nobody sees that. What cannot be read or is no file is left to ZooKeeper.
 * @param {string | undefined} file ZooKeeper's configuration file
 * @throws PlainError naming the `myid` file that is missing, and the command that makes it
 */
export function checkMyId(file) {
  if (file === undefined || !fs.statSync(file, { throwIfNoEntry: false })?.isFile()) return;
  const settings = new Map(fs.readFileSync(file, 'utf8').split('\n').map(setting).filter(Boolean));
  const servers = [...settings.keys()].filter((key) => /^server\.\d+$/.test(key)).map((key) => key.slice(7));
  const dataDir = settings.get('dataDir');
  if (servers.length < 2 || dataDir === undefined) return;
  const myId = path.join(dataDir, 'myid');
  if (fs.existsSync(myId)) return;
  throw new PlainError(
    `${file}: ${myId} is missing. It holds the number of this server, one of ${servers.join(', ')}. ` +
      `Write it once, here with ${servers.at(-1)} for server.${servers.at(-1)}: mkdir -p ${dataDir} && echo ${servers.at(-1)} > ${myId}`,
  );
}
