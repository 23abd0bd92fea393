import { runTool } from './run-tool';
import { zookeeperShell } from './zookeeper-shell/shell';

runTool(zookeeperShell);
