import { ConfigException } from './errors';
import type { Validator } from './validators';

/** A name, an IPv4 address, or an IPv6 address in brackets: what a Host header has before its port. */
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])$/;
const FORM = 'Write names as browsers have them in their address bar, without a port, separated by commas.';

export const hostNames: Validator = (key, value, text) => {
  const wrong = (value as readonly string[]).find((name) => !HOST.test(name));
  if (wrong !== undefined) throw ConfigException.of(key, text, `${wrong} is no name of a host`, FORM);
};
