import { runTool } from './run-tool';
import { storage } from './storage/command';

runTool(storage);
