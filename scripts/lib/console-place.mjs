import net from 'node:net';
import { PlainError } from './say.mjs';

const setting = 'odradek.console.listener';
const firstPort = 8080;
const lastPort = 8099;
const wildcards = ['', '0.0.0.0', '[::]'];
const nowhere = { host: null, overrides: [] };

/** Can this machine's own address be bound there, and is nobody met who says `localhost`? */
async function isFree(port) {
  const canBind = (host) =>
    new Promise((resolve) => {
      const server = net.createServer();
      server.once('error', ({ code }) => resolve(code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT'));
      server.listen(port, host, () => server.close(() => resolve(true)));
    });
  return (await canBind('127.0.0.1')) && (await canBind('::1'));
}

/**
 * Where `npm start` has the web console, and the overrides of the broker that serves it: what the broker's file says, be it
 * nowhere (no host), else a free port of this machine alone.
 */
export async function consolePlace(settings) {
  const given = settings[setting];
  if (given !== undefined) {
    const [, host, port = '0'] = /^(.*):(\d+)$/.exec(given.trim()) ?? [];
    if (port === '0') return nowhere;
    return { host: wildcards.includes(host) ? 'localhost' : host, port: Number(port), overrides: [] };
  }
  for (let port = firstPort; port <= lastPort; port++) {
    if (await isFree(port)) {
      return { host: 'localhost', port, overrides: ['--override', `${setting}=127.0.0.1:${port}`] };
    }
  }
  throw new PlainError(`Ports ${firstPort} to ${lastPort} are in use: set ${setting} to another, or to nothing.`);
}
