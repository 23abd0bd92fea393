import { consoleConsumer } from './consumer/console-consumer';
import { runTool } from './run-tool';

runTool(consoleConsumer);
