import { ConfigException } from './errors';
import type { Validator } from './validators';

export interface MetricsListener {
  readonly host: string;
  readonly port: number;
}

const HIGHEST_PORT = 65_535;
const FORM = 'Write host:port, such as 127.0.0.1:9404, or leave it empty to serve no metrics.';

/** Reads `host:port`, `[IPv6]:port`, and `:port` for every interface; null where the text is none of these. */
export function parseMetricsListener(text: string): MetricsListener | null {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]/\s]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  if (!match || !(port <= HIGHEST_PORT)) return null;
  return { host: match[1] ?? (match[2] || '::'), port };
}

export const metricsListener: Validator = (key, value) => {
  if (value !== '' && parseMetricsListener(value as string) === null) {
    throw ConfigException.of(key, value, 'It is no address to listen on', FORM);
  }
};
