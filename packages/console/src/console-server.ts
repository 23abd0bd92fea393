import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ConsoleSettings } from '@odradek/broker/env/console';
import { version } from '../package.json';
import type { Session } from './api';
import type { App } from './app';
import { asHttpError } from './errors';
import { HttpError } from './http/answer';
import { readAssets } from './http/assets';
import { type ApiRequest, type Listening, listen } from './http/server';

const TOKEN_BYTES = 32;

export interface ConsoleEvents {
  /** Something that must not happen; the console goes on. */
  readonly onError: (error: Error) => void;
  /** Somebody changed something, in words for a log. */
  readonly onChange: (what: string) => void;
}

/** The page, its API and what protects both. */
export class ConsoleServer {
  private readonly token = randomBytes(TOKEN_BYTES).toString('base64url');
  private readonly session: Session;
  private app: Promise<App> | undefined;

  private constructor(
    private readonly settings: ConsoleSettings,
    private readonly events: ConsoleEvents,
  ) {
    const { brokerId, changes } = settings;
    this.session = { product: 'Odradek', version, brokerId, changes, token: changes ? this.token : null };
  }

  /** Rejects where the address cannot be bound. */
  static async start(settings: ConsoleSettings, pageFolder: string, events: ConsoleEvents): Promise<Listening> {
    const server = new ConsoleServer(settings, events);
    const { listener, allowedHosts, changes } = settings;
    const { token } = server;
    return listen({ ...listener, allowedHosts, changes, token }, readAssets(pageFolder), (request, response) =>
      server.handle(request, response),
    );
  }

  private async handle(request: ApiRequest, response: ServerResponse): Promise<unknown> {
    try {
      if (request.method !== 'POST' && request.words.length === 1 && request.words[0] === 'session')
        return this.session;
      this.app ??= this.open();
      const app = await this.app;
      return request.method === 'POST' ? await app.post(request) : await app.get(request, response);
    } catch (thrown) {
      const error = asHttpError(thrown);
      if (error) throw error;
      this.events.onError(thrown as Error);
      throw new HttpError(500, `Something went wrong here: ${(thrown as Error).message}`);
    }
  }

  /** A console that nobody looks at costs no more than a listener: the rest is loaded once it is asked for. */
  private async open(): Promise<App> {
    const { App } = await import('./app');
    const { bootstrapServers, zookeeperConnect } = this.settings;
    return new App({ session: this.session, bootstrapServers, zookeeperConnect, onChange: this.events.onChange });
  }
}
