import { type Codec, compileCodec } from './codegen';
import type { Decoded, Encodable, Fields } from './fields';
import { includesVersion, parseVersions, type VersionRange } from './versions';

/** What a message file says of an API: request, response and what versions they have. */
export interface ApiDeclaration<Request extends Fields = Fields, Response extends Fields = Fields> {
  readonly key: number;
  readonly name: string;
  readonly versions: string;
  /** Versions that still work but that Kafka asks clients to leave (KIP-896). */
  readonly deprecated?: string;
  /** Versions in the flexible encoding (KIP-482). */
  readonly flexible: string;
  readonly request: Request;
  readonly response: Response;
}

/** A declared API with its codecs, compiled on first use. */
export interface Api<Request extends Fields = Fields, Response extends Fields = Fields>
  extends ApiDeclaration<Request, Response> {
  readonly range: VersionRange;
  supports(version: number): boolean;
  isFlexible(version: number): boolean;
  requestHeaderVersion(version: number): number;
  responseHeaderVersion(version: number): number;
  requestCodec(version: number): Codec<Decoded<Request>, Encodable<Request>>;
  responseCodec(version: number): Codec<Decoded<Response>, Encodable<Response>>;
}

export type RequestOf<A> = A extends ApiDeclaration<infer Request, Fields> ? Decoded<Request> : never;
export type RequestInit<A> = A extends ApiDeclaration<infer Request, Fields> ? Encodable<Request> : never;
export type ResponseOf<A> = A extends ApiDeclaration<Fields, infer Response> ? Decoded<Response> : never;
export type ResponseInit<A> = A extends ApiDeclaration<Fields, infer Response> ? Encodable<Response> : never;

/** A list of codecs by version, each compiled when first asked for. Throws `RangeError` outside `range`. */
function lazyCodecs(name: string, fields: Fields, range: VersionRange, flexible: VersionRange) {
  const compiled: (Codec | undefined)[] = [];
  return (version: number): Codec => {
    const known = compiled[version];
    if (known) return known;
    if (!includesVersion(range, version)) throw new RangeError(`${name} has no version ${version}`);
    const codec = compileCodec(fields, version, includesVersion(flexible, version));
    compiled[version] = codec;
    return codec;
  };
}

const CONTROLLED_SHUTDOWN = 7;
const API_VERSIONS = 18;

/** Declares an API. One object shape serves all versions: a field that a version lacks holds its default. */
export function defineApi<Request extends Fields, Response extends Fields>(
  declaration: ApiDeclaration<Request, Response>,
): Api<Request, Response> {
  const range = parseVersions(declaration.versions);
  const flexible = parseVersions(declaration.flexible);
  const isFlexible = (version: number): boolean => includesVersion(flexible, version);
  return {
    ...declaration,
    range,
    supports: (version) => includesVersion(range, version),
    isFlexible,
    // ControlledShutdown 0 predates the client id; ApiVersions answers old clients that know no tags (KIP-511).
    requestHeaderVersion: (version) =>
      isFlexible(version) ? 2 : declaration.key === CONTROLLED_SHUTDOWN && version === 0 ? 0 : 1,
    responseHeaderVersion: (version) => (isFlexible(version) && declaration.key !== API_VERSIONS ? 1 : 0),
    requestCodec: lazyCodecs(`${declaration.name}Request`, declaration.request, range, flexible) as never,
    responseCodec: lazyCodecs(`${declaration.name}Response`, declaration.response, range, flexible) as never,
  };
}

/** What a message file says of a stored record, a header or an embedded message: anything with versions and no API. */
export interface MessageDeclaration<F extends Fields = Fields> {
  readonly name: string;
  readonly versions: string;
  readonly flexible: string;
  readonly fields: F;
}

export interface Message<F extends Fields = Fields> extends MessageDeclaration<F> {
  readonly range: VersionRange;
  codec(version: number): Codec<Decoded<F>, Encodable<F>>;
}

export type MessageOf<M> = M extends MessageDeclaration<infer F> ? Decoded<F> : never;
export type MessageInit<M> = M extends MessageDeclaration<infer F> ? Encodable<F> : never;

export function defineMessage<F extends Fields>(declaration: MessageDeclaration<F>): Message<F> {
  const range = parseVersions(declaration.versions);
  const codec = lazyCodecs(declaration.name, declaration.fields, range, parseVersions(declaration.flexible));
  return { ...declaration, range, codec: codec as never };
}
