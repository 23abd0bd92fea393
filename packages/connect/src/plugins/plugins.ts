import type { ConfigDef } from '../config/config-def';
import type { PluginKinds, PluginType } from './api';

export type { PluginType } from './api';

/** A plug-in: its name, its settings and how one is made. */
export interface PluginDescOf<T extends PluginType> {
  readonly className: string;
  readonly type: T;
  readonly version: string;
  readonly config: ConfigDef;
  create(): PluginKinds[T];
}

export type PluginDesc = { [T in PluginType]: PluginDescOf<T> }[PluginType];

/** In the order in which answers list them. */
export const TYPE_ORDER: readonly PluginType[] = [
  'sink',
  'source',
  'transformation',
  'predicate',
  'converter',
  'header_converter',
  'config_provider',
];

const SUFFIXES: Readonly<Partial<Record<PluginType, string>>> = {
  sink: 'Connector',
  source: 'Connector',
  converter: 'Converter',
  header_converter: 'Converter',
};

/** `FileStreamSourceConnector` and `FileStreamSource` for the class of that name (PluginUtils.computeAliases). */
function aliasesOf({ className, type }: PluginDesc): string[] {
  const simple = className.slice(className.lastIndexOf('.') + 1);
  const suffix = type === 'header_converter' && simple.endsWith('HeaderConverter') ? 'HeaderConverter' : SUFFIXES[type];
  if (suffix === undefined || !simple.endsWith(suffix) || simple === suffix) return [simple];
  return [simple, simple.slice(0, -suffix.length)];
}

/** All plug-ins, found by class name or alias. */
export class Plugins {
  private readonly byName = new Map<string, PluginDesc[]>();
  readonly all: readonly PluginDesc[];

  constructor(plugins: readonly PluginDesc[]) {
    this.all = [...plugins].sort(
      (a, b) => TYPE_ORDER.indexOf(a.type) - TYPE_ORDER.indexOf(b.type) || (a.className < b.className ? -1 : 1),
    );
    for (const plugin of this.all) {
      for (const name of new Set([plugin.className, ...aliasesOf(plugin)])) {
        this.byName.set(name, [...(this.byName.get(name) ?? []), plugin]);
      }
    }
  }

  /** The plug-in of a type under a class name or alias; undefined where there is none. */
  find<T extends PluginType>(type: T, name: string): PluginDescOf<T> | undefined {
    return this.byName.get(name)?.find((plugin) => plugin.type === type) as PluginDescOf<T> | undefined;
  }

  /** The plug-in of any type. */
  findAny(name: string): PluginDesc | undefined {
    return this.byName.get(name)?.[0];
  }

  connector(name: string): PluginDescOf<'sink'> | PluginDescOf<'source'> | undefined {
    return this.find('sink', name) ?? this.find('source', name);
  }

  ofType(type: PluginType): readonly PluginDesc[] {
    return this.all.filter((plugin) => plugin.type === type);
  }
}
