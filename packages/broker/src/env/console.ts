/** What the web console is told when it starts. Plain data: it goes to another thread. */
export interface ConsoleSettings {
  readonly listener: { readonly host: string; readonly port: number };
  /** The broker that it is part of. */
  readonly brokerId: number;
  /** Brokers that it can reach without credentials, as `bootstrap.servers`. */
  readonly bootstrapServers: string;
  readonly zookeeperConnect: string;
  /** Whether it may change anything. */
  readonly changes: boolean;
  /** Host headers that it answers to beside loopback ones and the listener's own. */
  readonly allowedHosts: readonly string[];
}

/** What it says to whoever started it. */
export type ConsoleMessage =
  | { readonly type: 'listening'; readonly port: number }
  /** It could not be started. */
  | { readonly type: 'failed'; readonly reason: string }
  /** Something that must not happen; it goes on. */
  | { readonly type: 'error'; readonly text: string }
  /** Somebody changed something with it. */
  | { readonly type: 'change'; readonly what: string };

export interface ConsoleEvents {
  readonly onError: (text: string) => void;
  readonly onChange: (what: string) => void;
  /** It has ended by itself. */
  readonly onEnd: (reason: string) => void;
}

export interface RunningConsole {
  /** The port bound, also where 0 was asked for. */
  readonly port: number;
  /** Ends it wherever it is. */
  stop(): Promise<void>;
}

/** The web console, as a port: a program of its own (packages/console), aside from the thread that serves. */
export interface Console {
  /** Rejects where it cannot listen. */
  start(settings: ConsoleSettings, events: ConsoleEvents): Promise<RunningConsole>;
}
