/** What config providers (KIP-297) may read: files and the environment, as a port. */
export interface ConfigSources {
  /** A file's bytes, or null where it cannot be read. */
  readFile(path: string): Uint8Array | null;
  /** Names of the plain files in a folder, or null where there is no such folder. */
  list(path: string): readonly string[] | null;
  /** Whether anything is at this path. */
  exists(path: string): boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}
