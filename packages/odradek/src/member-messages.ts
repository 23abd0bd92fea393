/** What a thread or process is told at its start. */
export interface MemberData {
  /** A properties file's text. */
  readonly settings: string;
  readonly logFile: string;
  readonly logLevel: string;
}

export interface MemberPorts {
  readonly port: number;
  /** Null where it has no console. */
  readonly consolePort: number | null;
}

/** What it says: first that it is there or why not. */
export type MemberMessage =
  | ({ readonly type: 'ready' } & MemberPorts)
  | { readonly type: 'failed'; readonly reason: string };

/** The only thing that it is told later. */
export const STOP = 'stop';
