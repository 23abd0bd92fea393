import { getOffsets } from './offsets/get-offsets';
import { runTool } from './run-tool';

runTool(getOffsets);
