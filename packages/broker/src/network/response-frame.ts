import type { Api } from '@odradek/protocol/schema/api';
import type { Writer } from '@odradek/protocol/wire/writer';

/** Writes a response frame: length, header, body. Returns its bytes without the length; leaves no trace where it throws. */
export function encodeResponse(
  output: Writer,
  api: Api,
  version: number,
  correlationId: number,
  body: unknown,
): number {
  output.beginFrame();
  try {
    output.int32(correlationId);
    if (api.responseHeaderVersion(version) === 1) output.uvarint(0);
    api.responseCodec(version).encode(output, body as never);
    return output.endFrame();
  } catch (error) {
    output.dropFrame();
    throw error;
  }
}
