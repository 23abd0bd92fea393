// The coordination service, in a thread of its own. Says its port; a failure is thrown.
import { parentPort, workerData } from 'node:worker_threads';
import { CoordinationServer } from './zookeeper/server';

void new CoordinationServer().start(workerData.port, workerData.host).then((port) => parentPort!.postMessage(port));
