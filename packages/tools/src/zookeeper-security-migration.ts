import { runTool } from './run-tool';
import { securityMigration } from './security-migration/command';

runTool(securityMigration);
