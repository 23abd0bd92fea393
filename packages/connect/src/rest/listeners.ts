import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import { configException } from '@odradek/tools/tool-error';
import type { WorkerConfig } from '../config/worker-config';
import type { Loggers } from '../log';
import { crossOrigin } from './cross-origin';
import { responseHeaders } from './response-headers';
import type { Route } from './routes';
import { type RestAnswers, RestServer } from './server';
import { tlsOptions } from './tls';

/** Where the REST API listens; an empty host: everywhere. */
export interface Listener {
  readonly protocol: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/** Reads one of `listeners`. Throws `ToolError`. */
export function parseListener(text: string): Listener {
  const match = /^(.*):\/\/\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)$/.exec(text.trim());
  if (!match) throw configException("Listener doesn't have the right format (protocol://hostname:port).");
  const protocol = match[1]!.toLowerCase();
  if (protocol !== 'http' && protocol !== 'https') {
    throw configException('Listener protocol must be either "http" or "https".');
  }
  return { protocol, host: match[2]!, port: Number(match[3]) };
}

/** The listeners, bound but not served yet. */
export interface Bound {
  /** What statuses call this worker. */
  readonly advertised: string;
  /** Answers from now on: with the worker's routes, and with those of /admin wherever they belong. */
  serve(main: readonly Route[], admin: readonly Route[]): void;
  close(): Promise<void>;
}

const REST_SERVER = 'org.apache.kafka.connect.runtime.rest.RestServer';

/** Binds all listeners (RestServer.initializeServer). Throws `ToolError`. */
export async function bind(config: WorkerConfig, loggers: Loggers): Promise<Bound> {
  const log = loggers.logger(REST_SERVER);
  const { parsed } = config;
  const adminList = parsed.get('admin.listeners') as readonly string[] | null;
  const answers: RestAnswers = {
    crossOrigin: crossOrigin(
      parsed.string('access.control.allow.origin'),
      parsed.string('access.control.allow.methods'),
    ),
    headers: responseHeaders(parsed.string('response.http.headers.config')),
  };
  const bound: { readonly server: RestServer; readonly isAdmin: boolean }[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(bound.map(({ server }) => server.close()));
  };
  const listen = async (text: string, isAdmin: boolean): Promise<Listener> => {
    const listener = parseListener(text);
    const prefix = isAdmin ? 'admin.listeners.https.' : 'listeners.https.';
    const tls = listener.protocol === 'https' ? tlsOptions(config.props, prefix) : undefined;
    const server = new RestServer(answers, tls, loggers);
    const port = await server.listen(listener);
    bound.push({ server, isAdmin });
    log.info(`Added connector for ${text}`);
    return { ...listener, port };
  };
  try {
    const listening: Listener[] = [];
    for (const text of parsed.list('listeners')) listening.push(await listen(text, false));
    for (const text of (adminList ?? []).filter((each) => each.trim() !== '')) await listen(text, true);
    const advertised = await advertise(config, listening);
    const first = listening[0]!;
    const host = first.host || (await ownAddress());
    const [own, url] = [`${first.protocol}://${host}:${first.port}/`, `${advertised.protocol}://${advertised.place}/`];
    log.info(`REST server listening at ${own}, advertising URL ${url}`);
    const serve = (main: readonly Route[], admin: readonly Route[]): void => {
      for (const { server, isAdmin } of bound) {
        server.serve(isAdmin ? admin : adminList === null ? [...main, ...admin] : main);
      }
    };
    return { advertised: advertised.place, serve, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** What others are told (RestServer.advertisedUrl): http where there is a listener for it. */
async function advertise({ parsed }: WorkerConfig, listening: readonly Listener[]) {
  const told = parsed.nullable('rest.advertised.listener')?.toLowerCase();
  const protocol = told ?? (listening.some((each) => each.protocol === 'http') ? 'http' : 'https');
  const listener = listening.find((each) => each.protocol === protocol) ?? listening[0]!;
  const host = parsed.nullable('rest.advertised.host.name') || listener.host || (await ownAddress());
  const port = (parsed.get('rest.advertised.port') as number | null) ?? listener.port;
  return { protocol, place: `${host}:${port}` };
}

async function ownAddress(): Promise<string> {
  try {
    return (await lookup(hostname(), { family: 4 })).address;
  } catch {
    return '127.0.0.1';
  }
}
