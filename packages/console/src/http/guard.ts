import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { HttpError } from './answer';

/** Whom the console answers to. */
export interface GuardSettings {
  /** What the listener is bound to. */
  readonly host: string;
  readonly allowedHosts: readonly string[];
  readonly changes: boolean;
  /** What a page of ours sends with each change. */
  readonly token: string;
}

const READS: readonly string[] = ['GET', 'HEAD'];
const LOOPBACK = /^(?:localhost\.?|127(?:\.\d{1,3}){3}|\[::1\]|\[::ffff:127(?:\.\d{1,3}){3}\])$/;
const WILDCARDS: readonly string[] = ['', '0.0.0.0', '::'];
/** `name`, `1.2.3.4` or `[::1]`, and perhaps a port. */
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/;

const bracketed = (host: string): string => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host);

/**
 * Whether a Host header names this console. A page of another site can point a name of its own at our address (DNS
 * rebinding) and would then be "same origin" with us; what it cannot do is to make the browser send another name than
 * that. The port says nothing about who asks, and is another one behind a tunnel: it is not looked at.
 */
export function isOurHost(header: string | undefined, { host, allowedHosts }: GuardSettings): boolean {
  const name = AUTHORITY.exec((header ?? '').toLowerCase())?.[1];
  if (name === undefined) return false;
  if (LOOPBACK.test(name)) return true;
  const ours = WILDCARDS.includes(host) ? allowedHosts : [host, ...allowedHosts];
  return ours.some((each) => bracketed(each.toLowerCase()) === name);
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** In a time that does not depend on where the two differ, lengths included. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

function checkHost(header: string | undefined, settings: GuardSettings): void {
  if (isOurHost(header, settings)) return;
  const name = AUTHORITY.exec((header ?? '').toLowerCase())?.[1];
  if (name === undefined) throw new HttpError(403, 'The Host header of this request names no host.');
  throw new HttpError(
    403,
    `This console does not answer to requests for ${name}.`,
    `odradek.console.allowed.hosts=${name}`,
  );
}

/** What the page of this console is called by a browser; a proxy before it may speak TLS. */
const isOurOrigin = ({ host, origin }: IncomingHttpHeaders): boolean =>
  origin === `http://${host}` || origin === `https://${host}`;

/**
 * Other sites' pages may lead here, but not ask (or have anything searched) in their visitor's name. Browsers send
 * Sec-Fetch-Site to loopback and over TLS only; elsewhere Origin tells, where they send that.
 */
function checkSite(headers: IncomingHttpHeaders): void {
  const { 'sec-fetch-site': site, origin } = headers;
  const isOurs = site === undefined || site === 'same-origin' || site === 'none';
  if (isOurs && (origin === undefined || isOurOrigin(headers))) return;
  throw new HttpError(403, 'This request comes from a page of another site.');
}

function checkChange(headers: IncomingHttpHeaders, { changes, token }: GuardSettings): void {
  if (!changes) throw new HttpError(403, 'This console shows and changes nothing.', 'odradek.console.changes=true');
  const { 'content-type': type } = headers;
  if (!isOurOrigin(headers)) {
    throw new HttpError(403, 'Changes are taken from the page of this console only: the Origin header is another.');
  }
  if (!/^application\/json(?:\s*;\s*charset=utf-8)?$/i.test(type ?? '')) {
    throw new HttpError(415, 'A change is sent as application/json.');
  }
  const given = headers['x-odradek-token'];
  if (typeof given !== 'string' || !isSame(given, token)) {
    throw new HttpError(403, 'The token is missing or of another run of this console: load the page anew.');
  }
}

/** Throws `HttpError` where a request is not to be served, before anything else is looked at. */
export function checkRequest(
  { method, path, headers }: { method: string; path: string; headers: IncomingHttpHeaders },
  settings: GuardSettings,
): void {
  checkHost(headers.host, settings);
  const isApi = path.startsWith('/api/');
  if (isApi) checkSite(headers);
  if (READS.includes(method)) return;
  if (method !== 'POST' || !isApi) throw new HttpError(405, `There is no ${method} here.`);
  checkChange(headers, settings);
}
