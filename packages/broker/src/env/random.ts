/** Randomness, as a port: one seed replays a whole simulated run. */
export interface Random {
  /** A whole number from 0 up to, and without, `limit`. */
  below(limit: number): number;
  bytes(length: number): Buffer;
  /** A random (version 4) uuid in Kafka's 22-character text, never one that starts with '-' (Uuid.randomUuid). */
  uuid(): string;
}
