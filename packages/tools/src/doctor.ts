import { doctor } from './doctor/command';
import { runTool } from './run-tool';

runTool(doctor);
