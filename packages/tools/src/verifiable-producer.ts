import { verifiableProducer } from './producer/verifiable-producer';
import { runTool } from './run-tool';

runTool(verifiableProducer);
