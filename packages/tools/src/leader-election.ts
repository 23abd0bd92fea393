import { leaderElection } from './leader-election/command';
import { runTool } from './run-tool';

runTool(leaderElection);
