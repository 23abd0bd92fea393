import { consumerPerfTest } from './consumer-perf/command';
import { runTool } from './run-tool';

runTool(consumerPerfTest);
