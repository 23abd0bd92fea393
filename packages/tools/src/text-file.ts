import { readFileSync } from 'node:fs';
import { fileError } from './client/properties';
import { ToolError } from './tool-error';

/** A whole file as text (org.apache.kafka.common.utils.Utils.readFileAsString). Throws `ToolError` where it cannot be read. */
export function readTextFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    const cause = fileError(path, thrown as NodeJS.ErrnoException);
    throw new ToolError('java.io.IOException', `Unable to read file ${path}`, cause);
  }
}
