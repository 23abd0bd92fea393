/**
 * Byte streams, as a port. The reader provides the memory that bytes are read into, so that a large frame lands where
 * it stays (docs/network.md).
 */
export interface Receiver {
  /**
   * Where the bytes of the next read go. Asked at the start and again after each `received`, not before the read
   * itself: an answer given before a pause holds after it. Must not be empty.
   */
  target(): Buffer;
  /** `bytes` have been put at the start of the last target. False pauses reading until `resume`. */
  received(bytes: number): boolean;
  /**
   * The peer sends no more but may still read; the owner ends the connection when it has answered. Where this is
   * missing, the connection is ended at once.
   */
  ended?(): void;
  /** The stream is over, once. `reason` is missing after an orderly end. */
  closed(reason?: Error): void;
}

export interface Connection {
  /** As text, IPv4 in its own form also where it came in on an IPv6 socket. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Bytes given to `write` that the system has not taken yet. */
  readonly queuedBytes: number;
  /** Starts reading. Called once. */
  start(receiver: Receiver): void;
  resume(): void;
  /**
   * Sends the chunks in one go. They must stay unchanged until `written`, which is called once they are handed over or
   * the connection has failed.
   */
  write(chunks: readonly Buffer[], written?: () => void): void;
  /** Sends what is queued, then closes. `closed` follows. */
  end(): void;
  /** Closes at once; queued bytes are lost. `closed` follows. */
  destroy(): void;
}

export interface Listening {
  readonly host: string;
  /** The port bound, also where 0 was asked for. */
  readonly port: number;
  /** Stops accepting; open connections are the owner's. */
  close(): Promise<void>;
}

export interface ListenOptions {
  /** Empty for every interface. */
  readonly host: string;
  readonly port: number;
  readonly backlog: number;
}

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/**
 * The host answered that nobody listens at the port (a reset in answer to the first packet): it is up, and no process
 * serves there. Silence, or a host or network that cannot be reached, is something else.
 */
export class ConnectionRefusedError extends Error {
  override readonly name = 'ConnectionRefusedError';
}

export interface Network {
  listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listening>;
  /** Rejects with `ConnectionRefusedError` where all addresses of the host refuse, else with another error. */
  connect(options: ConnectOptions): Promise<Connection>;
  /** The address that a host's name, or an address in any of its forms, stands for; null where it stands for none. */
  resolve(host: string): Promise<string | null>;
}
