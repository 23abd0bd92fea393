import { delegationTokens } from './delegation-tokens/command';
import { runTool } from './run-tool';

runTool(delegationTokens);
