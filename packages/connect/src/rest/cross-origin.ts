import type { IncomingHttpHeaders } from 'node:http';

/** What other origins are told (Jetty's CrossOriginFilter, as Apache's worker sets it up). */

const SIMPLE_METHODS = ['GET', 'POST', 'HEAD'];
const ALLOWED_HEADERS = ['X-Requested-With', 'Content-Type', 'Accept', 'Origin'];
const MAX_AGE_SECONDS = 1800;

export type Headers = readonly (readonly [name: string, value: string])[];

const list = (text: string): string[] =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);

const patternOf = (origin: string): RegExp =>
  new RegExp(`^${origin.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);

/** @param origins `access.control.allow.origin`: origins in which * stands for anything; empty: no header is sent */
export function crossOrigin(
  origins: string,
  methods: string,
): (method: string, headers: IncomingHttpHeaders) => Headers {
  const allowed = list(origins).map(patternOf);
  const allowedMethods = methods.trim() === '' ? SIMPLE_METHODS : list(methods);
  const isAllowedHeader = (name: string): boolean =>
    ALLOWED_HEADERS.some((each) => each.toLowerCase() === name.toLowerCase());
  return (method, { origin, ...headers }) => {
    if (origin === undefined || !allowed.some((each) => each.test(origin))) return [];
    const wanted = headers['access-control-request-method'];
    const told: Headers = [
      ['Access-Control-Allow-Origin', origin],
      ['Access-Control-Allow-Credentials', 'true'],
    ];
    if (method !== 'OPTIONS' || wanted === undefined) return [...told, ['Vary', 'Origin']];
    const others = list(headers['access-control-request-headers'] ?? '');
    if (!allowedMethods.includes(wanted) || !others.every(isAllowedHeader)) return [];
    return [
      ...told,
      ['Access-Control-Max-Age', String(MAX_AGE_SECONDS)],
      ['Access-Control-Allow-Methods', allowedMethods.join(',')],
      ['Access-Control-Allow-Headers', ALLOWED_HEADERS.join(',')],
    ];
  };
}
