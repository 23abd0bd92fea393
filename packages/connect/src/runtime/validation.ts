import { type ConfigKey, type ConfigValue, configText } from '../config/config-def';
import { sinkConfigDef, sinkTopicErrors, sourceConfigDef } from '../config/connector-config';
import { enriched } from '../config/enriched';
import { type ClientKind, overridesOf } from '../config/overrides';
import { under, type WorkerConfig } from '../config/worker-config';
import { ConnectError, NotFoundError } from '../errors';
import { JavaHashMap } from '../java/hash-map';
import type { Props } from '../plugins/api';
import type { Plugins, PluginType } from '../plugins/plugins';
import { BadRequestError } from './rest-error';

/** One setting as answers describe it. */
export interface ConfigInfo {
  readonly definition: Record<string, unknown>;
  readonly value: {
    readonly name: string;
    readonly value: string | null;
    readonly recommended_values: readonly string[];
    readonly errors: readonly string[];
    readonly visible: boolean;
  };
}

export interface ConfigInfos {
  readonly name: string;
  readonly error_count: number;
  readonly groups: readonly string[];
  readonly configs: readonly ConfigInfo[];
}

/** A setting's definition as answers show it (ConfigKeyInfo). */
export function definitionOf(key: ConfigKey): Record<string, unknown> {
  const isRequired = key.fallback === undefined;
  return {
    name: key.name,
    type: key.type,
    required: isRequired,
    default_value: isRequired ? null : key.fallback,
    importance: key.importance,
    documentation: key.documentation,
    group: key.group ?? null,
    width: key.width ?? 'NONE',
    display_name: key.displayName ?? key.name,
    dependents: [],
    order: key.order ?? -1,
  };
}

/** Passwords are for the plug-in alone. */
const shownText = ({ type }: ConfigKey, value: unknown): string | null =>
  type === 'PASSWORD' && value !== null && value !== undefined ? '[hidden]' : configText(value);

/** Those settings of clients that are passwords (SslConfigs, SaslConfigs). */
const CLIENT_PASSWORDS: ReadonlySet<string> = new Set([
  'sasl.jaas.config',
  'ssl.key.password',
  'ssl.keystore.password',
  'ssl.keystore.key',
  'ssl.keystore.certificate.chain',
  'ssl.truststore.password',
  'ssl.truststore.certificates',
]);

const infoOf = ({ key, value, recommended, errors }: ConfigValue): ConfigInfo => ({
  definition: definitionOf(key),
  value: { name: key.name, value: shownText(key, value), recommended_values: recommended, errors, visible: true },
});

const CLIENTS: Readonly<Record<'source' | 'sink', readonly ClientKind[]>> = {
  source: ['producer', 'admin'],
  sink: ['producer', 'consumer', 'admin'],
};

/** Looks at connectors' settings as a whole (AbstractHerder.validateConnectorConfig). */
export class Validation {
  constructor(
    private readonly plugins: Plugins,
    private readonly worker: WorkerConfig,
  ) {}

  /** All settings of a connector and what is wrong with them. Throws `ToolError` where there is no such connector. */
  validate(props: Props): ConfigInfos {
    const className = props.get('connector.class');
    if (className === undefined) {
      throw new BadRequestError(`Connector config ${mapText(props)} contains no connector type`);
    }
    const plugin = this.plugins.connector(className);
    if (!plugin) throw noSuchConnector(className, this.plugins);
    const base = enriched(
      plugin.type === 'sink' ? sinkConfigDef(this.plugins) : sourceConfigDef(this.plugins),
      props,
      this.plugins,
    );
    const values = base.validate(props);
    if (plugin.type === 'sink') addErrors(values, sinkTopicErrors(props));
    const own = plugin.config.validate(props);
    addErrors(own, [...(plugin.create().validate?.(props) ?? [])]);
    const converters = this.converters(props);
    const infos = [
      ...values.map(infoOf),
      ...own.map(infoOf),
      ...converters.map(infoOf),
      ...CLIENTS[plugin.type].flatMap((kind) => this.overrides(props, kind)),
    ];
    const names = [...base.keys, ...plugin.config.keys, ...converters.map(({ key }) => key)].map(({ group }) => group);
    return {
      name: className,
      error_count: infos.reduce((count, { value }) => count + value.errors.length, 0),
      groups: [...new Set(names.filter((group): group is string => group !== null && group !== undefined))],
      configs: infos,
    };
  }

  /** The settings of the converters that a connector names itself. */
  private converters(props: Props): ConfigValue[] {
    return (['key', 'value', 'header'] as const).flatMap((part) => {
      const name = `${part}.converter`;
      const className = props.get(name);
      const type: PluginType = part === 'header' ? 'header_converter' : 'converter';
      const plugin = className === undefined ? undefined : this.plugins.find(type, className);
      if (!plugin) return [];
      const settings = new Map([...under(props, `${name}.`), ['converter.type', part]]);
      const values = new JavaHashMap(plugin.config.validate(settings).map((each) => [each.key.name, each] as const));
      return [...values.values()].map(({ key, ...outcome }) => {
        return { key: { ...key, name: `${name}.${key.name}`, displayName: key.displayName ?? key.name }, ...outcome };
      });
    });
  }

  private overrides(props: Props, kind: ClientKind): ConfigInfo[] {
    return overridesOf(props, kind, this.worker.policy).map(({ name, value, error }) => {
      const full = `${kind}.override.${name}`;
      const key: ConfigKey = {
        name: full,
        type: CLIENT_PASSWORDS.has(name) ? 'PASSWORD' : 'STRING',
        fallback: null,
        importance: 'LOW',
        documentation: `The ${kind}'s own setting ${name}.`,
        displayName: name,
      };
      return infoOf({ key, value, recommended: [], errors: error === undefined ? [] : [error] });
    });
  }
}

function addErrors(values: readonly ConfigValue[], errors: readonly (readonly [string, string])[]): void {
  for (const [name, message] of errors) values.find(({ key }) => key.name === name)?.errors.push(message);
}

export const mapText = (props: Props): string =>
  `{${[...props].map(([name, value]) => `${name}=${value}`).join(', ')}}`;

function noSuchConnector(name: string, plugins: Plugins): ConnectError {
  const known = plugins.all
    .filter(({ type }) => type === 'sink' || type === 'source')
    .map(
      ({ className, version, type }) =>
        `PluginDesc{klass=class ${className}, name='${className}', version='${version}', encodedVersion=${version}, ` +
        `type=${type}, typeName='${type}', location='classpath'}`,
    )
    .join(', ');
  return new ConnectError(
    `Failed to find any class that implements Connector and which name matches ${name}, available connectors are: ${known}`,
  );
}

/** Says all that is wrong at once. Throws `BadRequestError` where something is. */
export function requireValid(infos: ConfigInfos): void {
  if (infos.error_count === 0) return;
  const errors = infos.configs.flatMap(({ value }) => value.errors);
  const list = errors.map((error) => `\n${error}`).join('');
  throw new BadRequestError(
    `Connector configuration is invalid and contains the following ${errors.length} error(s):${list}\n` +
      'You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`',
  );
}

/** The description of a plug-in's settings. Throws `NotFoundError` where there is no such plug-in. */
export function pluginConfig(plugins: Plugins, name: string): Record<string, unknown>[] {
  const plugin = plugins.findAny(name);
  if (!plugin) throw new NotFoundError(`Unknown plugin ${name}.`);
  if (plugin.type === 'config_provider') {
    const types = 'sink, source, converter, header_converter, transformation, predicate';
    throw new BadRequestError(`Invalid plugin class ${plugin.className}. Valid types are ${types}.`);
  }
  const common =
    plugin.type === 'sink'
      ? sinkConfigDef(plugins).keys
      : plugin.type === 'source'
        ? sourceConfigDef(plugins).keys
        : [];
  return [...plugin.config.keys, ...common].map(definitionOf);
}
