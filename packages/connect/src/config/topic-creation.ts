import { javaRegex } from '@odradek/tools/java-regex';
import type { Props } from '../plugins/api';
import { ConfigDef, type ConfigKey, invalidValue, type Validator } from './config-def';
import { under } from './worker-config';

/** How a source's topics are made (TopicCreationConfig, KIP-158): groups of settings, chosen by the topic's name. */

const PREFIX = 'topic.creation.';
export const DEFAULT_GROUP = 'default';

const count =
  (why: string): Validator =>
  (name, value) => {
    const number = value as number | null;
    if (number !== null && number !== -1 && number <= 0) throw invalidValue(name, number, why);
  };

const PARTITIONS = count("Number of partitions must be positive, or -1 to use the broker's default");
const REPLICAS = count(
  "Replication factor must be positive and not larger than the number of brokers in the Kafka cluster, or -1 to use the broker's default",
);

const patterns: Validator = (name, value) => {
  for (const each of (value as readonly string[] | null) ?? []) {
    try {
      javaRegex(each);
    } catch (thrown) {
      throw invalidValue(name, value, `Syntax error in regular expression: ${(thrown as Error).message}`);
    }
  }
};

/** The settings of one group, under their full names. */
export function groupKeys(group: string): ConfigKey[] {
  const isDefault = group === DEFAULT_GROUP;
  const key = (name: string, rest: Omit<ConfigKey, 'name' | 'group' | 'importance'>): ConfigKey => ({
    name: `${PREFIX}${group}.${name}`,
    group: `Topic Creation: ${group}`,
    importance: 'LOW',
    ...rest,
  });
  return [
    key('include', {
      type: 'LIST',
      ...(isDefault && { fallback: '.*' }),
      validate: patterns,
      order: 1,
      width: 'LONG',
      displayName: `Inclusion Topic Pattern for ${group}`,
      documentation: 'Regular expressions of Java for the topics that are made with the settings of this group.',
    }),
    key('exclude', {
      type: 'LIST',
      fallback: '',
      validate: patterns,
      order: 2,
      width: 'LONG',
      displayName: `Exclusion Topic Pattern for ${group}`,
      documentation: 'The same for topics that are not, whether they are included or not.',
    }),
    key('replication.factor', {
      type: 'SHORT',
      ...(!isDefault && { fallback: null }),
      validate: REPLICAS,
      order: 3,
      width: 'LONG',
      displayName: `Replication Factor for Topics in ${group}`,
      documentation: "The copies of the topics of this group; -1: as many as the broker's default says.",
    }),
    key('partitions', {
      type: 'INT',
      ...(!isDefault && { fallback: null }),
      validate: PARTITIONS,
      order: 4,
      width: 'LONG',
      displayName: `Partition Count for Topics in ${group}`,
      documentation: "The partitions of the topics of this group; -1: as many as the broker's default says.",
    }),
  ];
}

/** The groups that a connector names, the default one last; none where it leaves topics to the brokers. */
export function groupNames(props: Props): string[] {
  if (![...props.keys()].some((name) => name.startsWith(`${PREFIX}${DEFAULT_GROUP}.`))) return [];
  const named = (props.get('topic.creation.groups') ?? '').split(',').map((name) => name.trim());
  return [...named.filter((name) => name !== '' && name !== DEFAULT_GROUP), DEFAULT_GROUP];
}

/** How one topic is made. */
export interface NewTopic {
  readonly name: string;
  readonly group: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly configs: ReadonlyMap<string, string>;
}

const OWN = ['include', 'exclude', 'replication.factor', 'partitions'];

/** Says how a topic is to be made: by the first group that includes it. Throws `ToolError` for bad settings. */
export function topicCreation(props: Props): ((topic: string) => NewTopic) | undefined {
  const names = groupNames(props);
  if (names.length === 0) return undefined;
  const groups = names.map((group) => {
    const settings = under(props, `${PREFIX}${group}.`);
    const parsed = new ConfigDef(groupKeys(group)).parse(props);
    const at = (name: string): unknown => parsed.get(`${PREFIX}${group}.${name}`);
    const any = (list: unknown): RegExp[] => ((list as readonly string[] | null) ?? []).map(javaRegex);
    return {
      group,
      include: any(at('include')),
      exclude: any(at('exclude')),
      partitions: at('partitions') as number | null,
      replicationFactor: at('replication.factor') as number | null,
      configs: new Map([...settings].filter(([name]) => !OWN.includes(name))),
    };
  });
  const fallback = groups.at(-1)!;
  return (name) => {
    const matches = groups.find(
      ({ include, exclude }) => !exclude.some((each) => each.test(name)) && include.some((each) => each.test(name)),
    );
    const { group, partitions, replicationFactor, configs } = matches ?? fallback;
    return {
      name,
      group,
      partitions: partitions ?? fallback.partitions!,
      replicationFactor: replicationFactor ?? fallback.replicationFactor!,
      configs,
    };
  };
}
