import type { Session } from '../src/api';
import type { Child } from './dom';
import { type Connection, Feed } from './feed';
import type { Route } from './route';

/** What views are given: the rest of the page, as far as they need it. */
export interface Page {
  readonly connection: Connection;
  /** Undefined until the console has answered for the first time. */
  readonly session: Session | undefined;
  /** Shows, at the next frame, what changed. */
  readonly invalidate: () => void;
  /** Goes to an address; `replace` leaves no trace in the history. */
  readonly go: (href: string, replace?: boolean) => void;
  /** Tells the person, and their screen reader, what came of what they did. */
  readonly say: (text: string, isBad?: boolean) => void;
  readonly openDialog: (dialog: Dialog) => void;
  readonly closeDialog: () => void;
  /** POSTs a change; asks for a new token once if the console was started anew. */
  readonly change: <T>(path: string, body: unknown) => Promise<T>;
}

export interface Dialog {
  readonly title: string;
  readonly render: () => Child;
}

/** What is shown for a route, from when it is gone to until it is left. */
export interface View {
  /** For the window and the tab. */
  readonly title: string;
  render(): Child;
  /** The same view at another address, such as another tab of a topic; false: make a new one. */
  follow?(route: Route): boolean;
  /** `p`. */
  pause?(): void;
  /** Esc, while something is open; false: nothing was. */
  close?(): boolean;
  leave(): void;
}

/** Feeds that end with their view. */
export class Feeds {
  private readonly feeds: Feed<unknown>[] = [];

  constructor(private readonly page: Page) {}

  open<T>(path: string, seen?: (data: T) => void, everyMs?: number): Feed<T> {
    const feed = new Feed<T>(path, this.page.connection, this.page.invalidate, seen, everyMs);
    this.feeds.push(feed as Feed<unknown>);
    return feed;
  }

  stop(): void {
    for (const feed of this.feeds.splice(0)) feed.stop();
  }
}
