import net from 'node:net';

const attemptMs = 2_000;

/** Sends `request` and collects the answer until `isComplete(bytes)` or the peer closes; undefined where nobody serves. */
function ask(host, port, request, isComplete) {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const socket = net.connect({ host, port });
    const settle = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(attemptMs, () => settle(undefined));
    socket.on('error', () => settle(undefined));
    socket.on('connect', () => socket.write(request));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (isComplete(received)) settle(received);
    });
    socket.on('end', () => settle(received));
  });
}

/** Does ZooKeeper serve there? `ruok` says yes for a server that failed inside; `srvr` names a mode only when it works. */
export async function zooKeeperServes(host, port) {
  const answer = await ask(host, port, 'srvr', () => false);
  return answer?.includes('Mode:') ?? false;
}

const correlationId = 1;

/** Metadata v1, no topics: key 3, version 1, correlation id, no client id, empty array. */
const metadataRequest = Buffer.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, correlationId, 0xff, 0xff, 0, 0, 0, 0]);
const isWholeFrame = (bytes) => bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0);

/** How many brokers one names in its answer to Metadata, itself among them; 0 where nobody serves. */
export async function brokersKnownAt(host, port) {
  const answer = await ask(host, port, metadataRequest, isWholeFrame);
  if (answer === undefined || answer.length < 12 || !isWholeFrame(answer)) return 0;
  return answer.readInt32BE(4) === correlationId ? answer.readInt32BE(8) : 0;
}

/** Does a broker answer Metadata there, and name at least one broker (itself)? */
export const brokerServes = async (host, port) => (await brokersKnownAt(host, port)) > 0;

/** FindCoordinator v0 of some group: key 10, version 0, correlation id, no client id, the group's name. */
const coordinatorRequest = Buffer.from([0, 0, 0, 13, 0, 10, 0, 0, 0, 0, 0, correlationId, 0xff, 0xff, 0, 1, 0x61]);

/** Has some group a coordinator there? Asking makes the topic that coordinators keep their groups in. */
export async function groupsServe(host, port) {
  const answer = await ask(host, port, coordinatorRequest, isWholeFrame);
  if (answer === undefined || answer.length < 10 || !isWholeFrame(answer)) return false;
  return answer.readInt32BE(4) === correlationId && answer.readInt16BE(8) === 0;
}

/** Does anything accept connections there? */
export async function somethingListens(host, port) {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    const settle = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(attemptMs, () => settle(true));
    socket.on('connect', () => settle(true));
    socket.on('error', () => settle(false));
  });
}
