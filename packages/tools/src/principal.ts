import { illegalArgument } from './tool-error';

/** `User:alice`. */
export interface Principal {
  readonly type: string;
  readonly name: string;
  readonly text: string;
}

/** Reads `type:name` (org.apache.kafka.common.utils.SecurityUtils.parseKafkaPrincipal). Throws `ToolError` as it does. */
export function parsePrincipal(text: string): Principal {
  const colon = text.indexOf(':');
  if (colon < 0) {
    throw illegalArgument(`expected a string in format principalType:principalName but got ${text}`);
  }
  return { type: text.slice(0, colon), name: text.slice(colon + 1), text };
}
