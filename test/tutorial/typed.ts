import { ServerProcess } from '../support/process';
import { runTool, type ToolResult } from '../support/tool';

/** Where the servers of a test listen: a tutorial says localhost:9092 and localhost:2181. */
export interface Cluster {
  readonly broker: number;
  readonly zooKeeper: number;
}

const LIMIT_MS = 30_000;

/** What a reader types, with the test's ports in place of the tutorial's. */
const atPorts = (line: string, { broker, zooKeeper }: Cluster): string =>
  line.replaceAll('localhost:9092', `localhost:${broker}`).replaceAll('localhost:2181', `localhost:${zooKeeper}`);

/** Runs a command line as typed into a shell in the project's folder, with `input` on its stdin. */
export function typed(cluster: Cluster, line: string, input = ''): Promise<ToolResult> {
  return runTool('/bin/sh', ['-c', atPorts(line, cluster)], { input, limitMs: LIMIT_MS });
}

/** Starts a command line that runs until it is told to end. The shell becomes the command: signals reach it. */
export function started(cluster: Cluster, line: string): ServerProcess {
  return new ServerProcess('/bin/sh', ['-c', `exec ${atPorts(line, cluster)}`]);
}
