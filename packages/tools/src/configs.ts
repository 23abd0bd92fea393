import { configs } from './configs/command';
import { runTool } from './run-tool';

runTool(configs);
