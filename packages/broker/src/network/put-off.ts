/**
 * What handlers may put off while the requests of one read are handled, to do it in one go. Both functions say whether
 * it could be done: where not, answers that were given since `begin` are not true and must not be sent.
 */
export interface PutOffWork {
  begin(): void;
  /** Does it, before answers leave. */
  settle(): boolean;
  /** Does it; from here on nothing is put off. */
  end(): boolean;
}
