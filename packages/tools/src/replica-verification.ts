import { replicaVerification } from './replica-verification/command';
import { runTool } from './run-tool';

runTool(replicaVerification);
