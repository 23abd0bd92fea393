import { dumpLog } from './dump-log/command';
import { runTool } from './run-tool';

runTool(dumpLog);
