/** Answers to plain HTTP questions, as a port. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface HttpListening {
  /** The port bound, also where 0 was asked for. */
  readonly port: number;
  /** Stops listening and closes every connection. */
  close(): Promise<void>;
}

export interface Http {
  /**
   * Answers GET and HEAD; `path` comes without its query. An answer that fails is a 500, without its reason. Rejects
   * where the address cannot be bound.
   */
  listen(
    address: { readonly host: string; readonly port: number },
    answer: (path: string) => Promise<HttpAnswer>,
  ): Promise<HttpListening>;
}
