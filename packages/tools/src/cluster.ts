import { cluster } from './cluster/command';
import { runTool } from './run-tool';

runTool(cluster);
