import { consoleProducer } from './producer/console-producer';
import { runTool } from './run-tool';

runTool(consoleProducer);
