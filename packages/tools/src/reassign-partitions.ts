import { reassignPartitions } from './reassign-partitions/command';
import { runTool } from './run-tool';

runTool(reassignPartitions);
