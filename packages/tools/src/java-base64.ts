import { illegalArgument } from './tool-error';

const FOREIGN = { url: /[^A-Za-z0-9_-]/, standard: /[^A-Za-z0-9+/]/ } as const;

/** Refuses what java.util.Base64's decoders refuse, in their words. Throws `ToolError`. */
export function checkBase64(text: string, alphabet: keyof typeof FOREIGN): void {
  if (text === '') return;
  if (text.length < 2) throw illegalArgument('Input byte[] should at least have 2 bytes for base64 bytes');
  const body = text.replace(/={0,2}$/, '');
  const foreign = FOREIGN[alphabet].exec(body)?.[0];
  if (foreign !== undefined) throw illegalArgument(`Illegal base64 character ${foreign.charCodeAt(0).toString(16)}`);
  if (body.length % 4 === 1) throw illegalArgument('Last unit does not have enough valid bits');
  if (body.length < text.length && text.length % 4 !== 0) {
    throw illegalArgument('Input byte array has wrong 4-byte ending unit');
  }
}
