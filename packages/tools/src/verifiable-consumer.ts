import { runTool } from './run-tool';
import { verifiableConsumer } from './verifiable-consumer/command';

runTool(verifiableConsumer);
