import type { JsonNode } from '../java/json';
import { httpError } from '../runtime/rest-error';

export interface Call {
  /** The parts of the path that have names. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The request's JSON; undefined where it has none. Throws where it is malformed. */
  body(): JsonNode;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where to find what was made: a path. */
  readonly location?: string;
  /** Plain text in the place of JSON. */
  readonly text?: string;
  /** Without a Content-Type, as the HTTP layer answers by itself. */
  readonly isUntyped?: boolean;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Such as `/connectors/{connector}/status`. */
  readonly path: string;
  handle(call: Call): Answer | Promise<Answer>;
}

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '');

/** Finds who handles a request. */
export class RouteTable {
  private readonly routes: readonly { readonly route: Route; readonly parts: readonly string[] }[];

  constructor(routes: readonly Route[]) {
    this.routes = routes.map((route) => ({ route, parts: partsOf(route.path) }));
  }

  private matching(pathname: string, given: readonly string[]) {
    const matching = this.routes.filter(
      ({ parts }) =>
        parts.length === given.length && parts.every((part, index) => part.startsWith('{') || part === given[index]),
    );
    if (matching.length === 0 || pathname.includes('//')) throw httpError(404, 'Not Found');
    return matching;
  }

  /** What may be asked of a path. Throws `RestError` 404. */
  methods(pathname: string): string[] {
    const methods = this.matching(pathname, partsOf(pathname).map(decoded)).map(({ route }) => route.method);
    return [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'])];
  }

  /** Throws `RestError` 404 or 405. */
  find(method: string, pathname: string): { route: Route; parameters: Record<string, string> } {
    const given = partsOf(pathname).map(decoded);
    const matching = this.matching(pathname, given);
    const wanted = method === 'HEAD' ? 'GET' : method;
    const found = matching.find(({ route }) => route.method === wanted);
    if (!found) throw httpError(405, 'Method Not Allowed');
    const parameters = found.parts.flatMap((part, index): [string, string][] =>
      part.startsWith('{') ? [[part.slice(1, -1), given[index]!]] : [],
    );
    return { route: found.route, parameters: Object.fromEntries(parameters) };
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw httpError(400, 'Bad Request');
  }
}
