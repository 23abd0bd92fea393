import { runTool } from './run-tool';
import { topics } from './topics/command';

runTool(topics);
