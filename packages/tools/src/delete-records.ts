import { deleteRecords } from './offsets/delete-records';
import { runTool } from './run-tool';

runTool(deleteRecords);
