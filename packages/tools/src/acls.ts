import { acls } from './acls/command';
import { runTool } from './run-tool';

runTool(acls);
