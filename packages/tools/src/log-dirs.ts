import { logDirs } from './log-dirs/command';
import { runTool } from './run-tool';

runTool(logDirs);
