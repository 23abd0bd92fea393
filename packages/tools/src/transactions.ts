import { runTool } from './run-tool';
import { transactions } from './transactions/command';

runTool(transactions);
