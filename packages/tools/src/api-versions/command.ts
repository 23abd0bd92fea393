import { APIS } from '@odradek/protocol/messages';
import { parseOptions } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import { parseBootstrapServers } from '../client/addresses';
import { commandProperties, createAdmin } from '../client/admin';
import { type KafkaClient, type Node, nodeText } from '../client/client';
import type { ApiRange, Connection } from '../client/connection';
import type { Properties } from '../client/properties';
import { type JsonDocument, jsonError, printJson } from '../json-output';
import { type Io, println } from '../print';
import { ToolError } from '../tool-error';
import { KRAFT_CLIENT_APIS, KRAFT_LATEST_VERSION } from './api-names';
import { BROKER_API_VERSIONS_OPTIONS } from './options';

const ATTEMPTS_PER_BROKER = 2;
const REQUEST_TIMEOUT_MS = '5000';

/** The configs that this tool's client has, besides those of SSL and SASL (BrokerApiVersionsCommand.AdminClient). */
const KNOWN_CONFIGS = [
  'client.dns.lookup',
  'security.protocol',
  'request.timeout.ms',
  'socket.connection.setup.timeout.ms',
  'socket.connection.setup.timeout.max.ms',
  'retry.backoff.ms',
];

const isKnown = (name: string): boolean => KNOWN_CONFIGS.includes(name) || /^(ssl|sasl)\./.test(name);

/** What is said of configs that it does not have counts for nothing, be it right or wrong. */
export function clientProperties(path: string | undefined): Properties {
  const given = [...commandProperties(path)].filter(([name]) => isKnown(name));
  return new Map([['request.timeout.ms', REQUEST_TIMEOUT_MS], ...given]);
}

/** One API's line: what the broker offers and what of it this client would use (NodeApiVersions.apiVersionToText). */
export function apiText(key: number, offered: ApiRange | undefined): string {
  const api = APIS.find((known) => known.key === key);
  const name = api?.name ?? KRAFT_CLIENT_APIS.get(key);
  if (!offered) return `${name}(${key}): UNSUPPORTED`;
  const { minVersion, maxVersion } = offered;
  const range = minVersion === maxVersion ? `${minVersion}` : `${minVersion} to ${maxVersion}`;
  if (name === undefined) return `UNKNOWN(${key}): ${range}`;
  const oldest = api?.range.from ?? 0;
  const latest = api?.range.to ?? KRAFT_LATEST_VERSION.get(key) ?? 0;
  if (latest < minVersion) return `${name}(${key}): ${range} [unusable: node too new]`;
  if (maxVersion < oldest) return `${name}(${key}): ${range} [unusable: node too old]`;
  return `${name}(${key}): ${range} [usable: ${Math.min(latest, maxVersion)}]`;
}

/** All lines for one broker, in API-key order. */
export function apiVersionsText(advertised: ReadonlyMap<number, ApiRange>): string {
  const keys = new Set([...APIS.map(({ key }) => key), ...KRAFT_CLIENT_APIS.keys(), ...advertised.keys()]);
  const lines = [...keys].sort((a, b) => a - b).map((key) => apiText(key, advertised.get(key)));
  return `(\n\t${lines.join(',\n\t')}\n)`;
}

const brokerJson = ({ id, host, port, rack }: Node): JsonDocument => ({ id, host, port, rack });

const apisJson = (advertised: ReadonlyMap<number, ApiRange>): JsonDocument[] =>
  [...advertised]
    .sort(([a], [b]) => a - b)
    .map(([key, { minVersion, maxVersion }]) => {
      const name = APIS.find((api) => api.key === key)?.name ?? KRAFT_CLIENT_APIS.get(key) ?? null;
      return { key, name, minVersion, maxVersion };
    });

async function findBrokers(client: KafkaClient, timeoutMs: number): Promise<readonly Node[]> {
  for (const node of client.bootstrapNodes) {
    for (let attempt = 0; attempt < ATTEMPTS_PER_BROKER; attempt++) {
      try {
        await client.connectTo(node.id);
        await client.metadata([], Date.now() + timeoutMs);
        return client.nodes;
      } catch (thrown) {
        if (!(thrown instanceof ToolError)) throw thrown;
      }
    }
  }
  const brokers = client.bootstrapNodes.map(nodeText).join(', ');
  throw new ToolError('java.lang.RuntimeException', `Request METADATA failed on brokers List(${brokers})`);
}

/** kafka-broker-api-versions (kafka.admin.BrokerApiVersionsCommand). */
export async function brokerApiVersions(argv: readonly string[], io: Io): Promise<number> {
  const options = parseOptions(BROKER_API_VERSIONS_OPTIONS, argv);
  const usage = usageOf(options, io);
  usage.helpOrVersion(argv, 'This tool helps to retrieve broker version information.');
  usage.require('bootstrap-server');
  const properties = clientProperties(options.valueOf('command-config'));
  const bootstrapServers = options.valueOf('bootstrap-server')!;
  // Its client is put together by hand: what is wrong with the addresses is not told as a failure of that.
  parseBootstrapServers(bootstrapServers);
  const { client } = await createAdmin(properties, bootstrapServers, io, {
    clientId: 'admin-1',
    label: 'LegacyAdminClient',
  });
  const brokers: JsonDocument[] = [];
  try {
    for (const node of await findBrokers(client, client.options.requestTimeoutMs)) {
      let connection: Connection;
      try {
        connection = await client.connectTo(node.id);
      } catch (thrown) {
        if (!(thrown instanceof ToolError)) throw thrown;
        if (options.has('json')) brokers.push({ ...brokerJson(node), ...jsonError(thrown) });
        else println(io.stdout, `${nodeText(node)} -> ERROR: ${thrown.toString()}`);
        continue;
      }
      if (options.has('json')) brokers.push({ ...brokerJson(node), apis: apisJson(connection.advertised) });
      else println(io.stdout, `${nodeText(node)} -> ${apiVersionsText(connection.advertised)}`);
    }
  } finally {
    client.close();
  }
  if (!options.has('json')) return 0;
  printJson(io, { brokers });
  return brokers.some((broker) => 'error' in broker) ? 1 : 0;
}
