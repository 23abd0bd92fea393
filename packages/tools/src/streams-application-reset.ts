import { runTool } from './run-tool';
import { streamsApplicationReset } from './streams-reset/command';

runTool(streamsApplicationReset);
