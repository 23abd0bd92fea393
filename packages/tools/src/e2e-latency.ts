import { e2eLatency } from './e2e-latency/command';
import { runTool } from './run-tool';

runTool(e2eLatency);
