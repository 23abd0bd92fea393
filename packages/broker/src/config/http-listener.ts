import { ConfigException } from './errors';
import type { Validator } from './validators';

/** Where something is served by HTTP. */
export interface HttpListener {
  readonly host: string;
  readonly port: number;
}

const HIGHEST_PORT = 65_535;

/** Reads `host:port`, `[IPv6]:port`, and `:port` for every interface; null where the text is none of these. */
export function parseHttpListener(text: string): HttpListener | null {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]/\s]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  if (!match || !(port <= HIGHEST_PORT)) return null;
  return { host: match[1] ?? (match[2] || '::'), port };
}

/** Empty, or an address. `what` is served there, at `example` perhaps. */
export const httpListener =
  (what: string, example: string): Validator =>
  (key, value) => {
    if (value === '' || parseHttpListener(value as string) !== null) return;
    const form = `Write host:port, such as ${example}, or leave it empty to serve no ${what}.`;
    throw ConfigException.of(key, value, 'It is no address to listen on', form);
  };
