/** Bytes that are not a well-formed message. The only error that decoding throws, whatever the input. */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
}

/** A value that its schema cannot carry in the version asked for (our mistake, never the peer's). */
export class UnencodableValueError extends Error {
  override readonly name = 'UnencodableValueError';
}
