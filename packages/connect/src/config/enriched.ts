import type { Props } from '../plugins/api';
import type { Plugins } from '../plugins/plugins';
import { ConfigDef, type ConfigKey } from './config-def';

/** The settings of a connector's transformations and predicates, under their full names (ConnectorConfig.enrich). */

interface Kind {
  readonly type: 'transformation' | 'predicate';
  readonly setting: 'transforms' | 'predicates';
  readonly label: 'Transformation' | 'Predicate';
  readonly group: string;
}

const KINDS: readonly Kind[] = [
  { type: 'transformation', setting: 'transforms', label: 'Transformation', group: 'Transforms' },
  { type: 'predicate', setting: 'predicates', label: 'Predicate', group: 'Predicates' },
];

/** The names that a list setting holds, each once. */
export const aliasesIn = (props: Props, setting: string): string[] => [
  ...new Set(
    (props.get(setting) ?? '')
      .split(',')
      .map((alias) => alias.trim())
      .filter(Boolean),
  ),
];

function predicateKeys(prefix: string, group: string): ConfigKey[] {
  return [
    {
      name: `${prefix}.negate`,
      type: 'BOOLEAN',
      fallback: 'false',
      importance: 'MEDIUM',
      documentation: 'Whether the transformation is for the records that the predicate does not match.',
      group,
      displayName: 'negate',
    },
    {
      name: `${prefix}.predicate`,
      type: 'STRING',
      fallback: null,
      importance: 'MEDIUM',
      documentation: 'The predicate that says which records the transformation is for.',
      group,
      displayName: 'predicate',
    },
  ];
}

function keysOf(kind: Kind, alias: string, props: Props, plugins: Plugins): ConfigKey[] {
  const prefix = `${kind.setting}.${alias}`;
  const group = `${kind.group}: ${alias}`;
  const className = props.get(`${prefix}.type`);
  const plugin = className === undefined ? undefined : plugins.find(kind.type, className);
  const type: ConfigKey = {
    name: `${prefix}.type`,
    type: 'CLASS',
    resolve: (name) => plugins.find(kind.type, name)?.className,
    importance: 'HIGH',
    documentation: `The class of the ${kind.type} '${alias}'.`,
    group,
    order: 0,
    width: 'LONG',
    displayName: `${kind.label} type for ${alias}`,
    recommended: () => plugins.ofType(kind.type).map((each) => each.className),
  };
  const own = (plugin?.config.keys ?? []).map(
    (key): ConfigKey => ({
      ...key,
      name: `${prefix}.${key.name}`,
      group,
      displayName: key.displayName ?? key.name,
      ...(key.validate && { validate: (_, value) => key.validate!(key.name, value) }),
    }),
  );
  const more = kind.type === 'transformation' && plugin ? predicateKeys(prefix, group) : [];
  return [type, ...[...own, ...more].sort(byWeight).map((key, index) => ({ ...key, order: index + 1 }))];
}

const WEIGHTS = ['HIGH', 'MEDIUM', 'LOW'];

/** What must be given comes first, then what matters most (ConfigDef.compare). */
function byWeight(a: ConfigKey, b: ConfigKey): number {
  const weight = ({ fallback, importance }: ConfigKey): number =>
    (fallback === undefined ? 0 : WEIGHTS.length) + WEIGHTS.indexOf(importance);
  return weight(a) - weight(b) || (a.name < b.name ? -1 : 1);
}

/** A connector's settings, with those of the transformations and predicates that it names. */
export function enriched(base: ConfigDef, props: Props, plugins: Plugins): ConfigDef {
  const added = KINDS.flatMap((kind) =>
    aliasesIn(props, kind.setting).flatMap((alias) => keysOf(kind, alias, props, plugins)),
  );
  return new ConfigDef([...base.keys, ...added]);
}
