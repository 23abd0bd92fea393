import { producerPerfTest } from './producer/perf-test';
import { runTool } from './run-tool';

runTool(producerPerfTest);
