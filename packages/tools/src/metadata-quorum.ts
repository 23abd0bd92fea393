import { metadataQuorum } from './metadata-quorum/command';
import { runTool } from './run-tool';

runTool(metadataQuorum);
