import {
  encodeJson,
  integerOf,
  isJsonObject,
  type JsonObject,
  parseJsonObject,
  stringOf,
  ZNodeFormatError,
} from './json';

export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';

/** One advertised listener of a broker. */
export interface BrokerEndPoint {
  readonly listenerName: string;
  /** Null where the listener has none; Kafka then prints nothing between the slashes and the colon. */
  readonly host: string | null;
  readonly port: number;
  readonly securityProtocol: SecurityProtocol;
}

export interface SupportedVersionRange {
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** What a broker says of itself in `/brokers/ids/<id>` (kafka.zk.BrokerInfo). */
export interface BrokerInfo {
  readonly id: number;
  /** Of the JSON: 5 since inter.broker.protocol.version 2.7, 4 since 0.10.0-IV1, 2 before. */
  readonly version: number;
  readonly endpoints: readonly BrokerEndPoint[];
  readonly rack: string | null;
  /** -1 where there is no JMX. */
  readonly jmxPort: number;
  readonly features: ReadonlyMap<string, SupportedVersionRange>;
}

const SECURITY_PROTOCOLS: ReadonlySet<string> = new Set<SecurityProtocol>([
  'PLAINTEXT',
  'SSL',
  'SASL_PLAINTEXT',
  'SASL_SSL',
]);

/** `NAME://host:port`, IPv6 hosts in brackets (kafka.cluster.EndPoint.connectionString). */
export function formatEndPoint(endpoint: BrokerEndPoint): string {
  return `${endpoint.listenerName}://${formatHostPort(endpoint.host, endpoint.port)}`;
}

/** `host:port`, IPv6 hosts in brackets (Utils.formatAddress); `:port` without a host. */
export function formatHostPort(host: string | null, port: number): string {
  if (host === null) return `:${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The JSON of a registration, keys in the order in which Apache's broker writes them. */
export function encodeBrokerInfo(info: BrokerInfo, timestampMs: number): Buffer {
  const plaintext = info.endpoints.find(({ securityProtocol }) => securityProtocol === 'PLAINTEXT');
  const json: Record<string, unknown> = {};
  if (info.version >= 5) {
    json['features'] = Object.fromEntries(
      [...info.features].map(([name, range]) => [
        name,
        { min_version: range.minVersion, max_version: range.maxVersion },
      ]),
    );
  }
  if (info.version >= 4) {
    json['listener_security_protocol_map'] = Object.fromEntries(
      info.endpoints.map(({ listenerName, securityProtocol }) => [listenerName, securityProtocol]),
    );
  }
  json['endpoints'] = info.endpoints.map(formatEndPoint);
  if (info.version >= 3 && info.rack !== null) json['rack'] = info.rack;
  json['jmx_port'] = info.jmxPort;
  json['port'] = plaintext ? plaintext.port : -1;
  json['host'] = plaintext ? plaintext.host : null;
  json['version'] = info.version;
  json['timestamp'] = String(timestampMs);
  return encodeJson(json);
}

/** Reads a registration of any version since 1. Throws `ZNodeFormatError` where it is not one. */
export function decodeBrokerInfo(id: number, data: Buffer | null): BrokerInfo {
  const path = `/brokers/ids/${id}`;
  const json = parseJsonObject(data);
  if (!json) throw new ZNodeFormatError(path, 'not a JSON object');
  const version = integerOf(json, 'version', path);
  if (version < 1) throw new ZNodeFormatError(path, `unsupported version ${version} of broker registration`);
  return {
    id,
    version,
    endpoints: version === 1 ? [endPointOfVersion1(json, path)] : endPointsOf(json, path),
    rack: typeof json['rack'] === 'string' ? json['rack'] : null,
    jmxPort: integerOf(json, 'jmx_port', path),
    features: featuresOf(json, path),
  };
}

function endPointOfVersion1(json: JsonObject, path: string): BrokerEndPoint {
  return {
    listenerName: 'PLAINTEXT',
    host: stringOf(json, 'host', path),
    port: integerOf(json, 'port', path),
    securityProtocol: 'PLAINTEXT',
  };
}

function endPointsOf(json: JsonObject, path: string): BrokerEndPoint[] {
  const texts = json['endpoints'];
  if (!Array.isArray(texts)) throw new ZNodeFormatError(path, "'endpoints' is not a list");
  const protocols = json['listener_security_protocol_map'];
  return texts.map((text) => {
    // Kafka's own pattern (EndPoint.uriParseExp): an IPv6 host may have a zone and stands in brackets.
    const [, listenerName, bracketed, host, port] =
      /^(.*):\/\/(?:\[([0-9a-zA-Z\-%._:]*)\]|([^[\]]*?)):(-?[0-9]+)$/.exec(String(text)) ?? [];
    if (listenerName === undefined) throw new ZNodeFormatError(path, `'${text}' is not an endpoint`);
    const securityProtocol = isJsonObject(protocols) ? protocols[listenerName] : listenerName;
    if (typeof securityProtocol !== 'string' || !SECURITY_PROTOCOLS.has(securityProtocol)) {
      throw new ZNodeFormatError(path, `no security protocol defined for listener ${listenerName}`);
    }
    return {
      listenerName,
      host: (bracketed ?? host) || null,
      port: Number(port),
      securityProtocol: securityProtocol as SecurityProtocol,
    };
  });
}

function featuresOf(json: JsonObject, path: string): Map<string, SupportedVersionRange> {
  const features = new Map<string, SupportedVersionRange>();
  if (!isJsonObject(json['features'])) return features;
  for (const [name, range] of Object.entries(json['features'])) {
    if (!isJsonObject(range)) throw new ZNodeFormatError(path, `feature ${name} has no versions`);
    features.set(name, {
      minVersion: integerOf(range, 'min_version', path),
      maxVersion: integerOf(range, 'max_version', path),
    });
  }
  return features;
}
