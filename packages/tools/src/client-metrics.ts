import { clientMetrics } from './client-metrics/command';
import { runTool } from './run-tool';

runTool(clientMetrics);
