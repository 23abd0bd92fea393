import { brokerApiVersions } from './api-versions/command';
import { runTool } from './run-tool';

runTool(brokerApiVersions);
