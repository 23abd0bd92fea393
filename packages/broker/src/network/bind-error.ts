/** A listener's address is not free, or not ours to listen on. */
export class ListenerBindError extends Error {
  override readonly name = 'ListenerBindError';
  /** The system's code, such as `EADDRINUSE`. */
  readonly code: string | undefined;

  constructor(
    readonly host: string,
    readonly port: number,
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`Socket server failed to bind to ${host}:${port}: ${reason}.`, { cause });
    this.code = (cause as { code?: string }).code;
  }
}
