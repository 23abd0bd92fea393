import { consumerGroups } from './consumer-groups/command';
import { runTool } from './run-tool';

runTool(consumerGroups);
