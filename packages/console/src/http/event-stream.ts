import type { ServerResponse } from 'node:http';

/** Proxies and browsers end what is silent for long. */
const HEARTBEAT_MS = 15_000;

/** Server-sent events to one page, named and typed by `Events`. */
export class EventStream<Events> {
  isClosed: boolean;
  private readonly heartbeat: NodeJS.Timeout;
  private readonly onClose: (() => void)[] = [];

  constructor(private readonly response: ServerResponse) {
    // Who has gone already is not told of it again.
    this.isClosed = response.destroyed;
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    response.flushHeaders();
    this.heartbeat = setInterval(() => response.write(':\n\n'), HEARTBEAT_MS);
    if (this.isClosed) clearInterval(this.heartbeat);
    response.once('close', () => this.closed());
  }

  /** Calls back once the page has gone, or the stream was ended. */
  whenClosed(listener: () => void): void {
    if (this.isClosed) listener();
    else this.onClose.push(listener);
  }

  /** Resolves once the page can take more. */
  async send<Name extends string & keyof Events>(name: Name, data: Events[Name]): Promise<void> {
    if (this.isClosed) return;
    // JSON has no line breaks of its own, which would end the event.
    if (this.response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)) return;
    const { response } = this;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        response.off('drain', go);
        response.off('close', go);
        resolve();
      };
      response.once('drain', go);
      response.once('close', go);
    });
  }

  end(): void {
    if (this.isClosed) return;
    this.response.end();
    this.closed();
  }

  private closed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    clearInterval(this.heartbeat);
    for (const listener of this.onClose.splice(0)) listener();
  }
}
