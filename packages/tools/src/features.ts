import { features } from './features/command';
import { runTool } from './run-tool';

runTool(features);
