import { TerseError } from '../failures';
import { topicFilter } from '../java-regex';
import { splitAtCommas } from '../java-text';
import { ToolError } from '../tool-error';

/** Which topics, and which of their partitions, kafka-get-offsets is asked about. */
export interface PartitionFilter {
  allowsTopic(topic: string): boolean;
  allows(topic: string, partition: number): boolean;
}

const RULE = /^([^:,]*)(?::(?:([0-9]*)|(?:([0-9]*)-([0-9]*))))?$/;

/** `--topic` and `--partitions`. */
export function topicAndPartitionsFilter(
  topics: string | undefined,
  partitionIds: string | undefined,
): PartitionFilter {
  const regex = topicFilter(topics ?? '.*');
  const wanted = partitionSet(partitionIds);
  const allowsTopic = (topic: string): boolean => regex.test(topic);
  return {
    allowsTopic,
    allows: (topic, partition) => allowsTopic(topic) && (wanted.size === 0 || wanted.has(partition)),
  };
}

function partitionSet(list: string | undefined): ReadonlySet<number> {
  if (!list) return new Set();
  const texts = splitAtCommas(list);
  if (!texts.every((text) => /^[+-]?\d+$/.test(text))) {
    throw new TerseError(`--partitions expects a comma separated list of numeric partition ids, but received: ${list}`);
  }
  return new Set(texts.map(Number));
}

/** `--topic-partitions`: rules such as `t:0-3`, of which one must fit. */
export function ruleListFilter(list: string): PartitionFilter {
  const rules = splitAtCommas(list).map(parseRule);
  return {
    allowsTopic: (topic) => rules.some((rule) => rule.allowsTopic(topic)),
    allows: (topic, partition) => rules.some((rule) => rule.allows(topic, partition)),
  };
}

function parseRule(rule: string): PartitionFilter {
  const match = RULE.exec(rule);
  if (!match) {
    const message = `Invalid rule specification: ${rule}`;
    const cause = new ToolError('org.apache.kafka.tools.TerseException', message);
    throw new ToolError('java.lang.RuntimeException', cause.toString(), cause);
  }
  const [, topic, only, from, to] = match;
  const regex = topicFilter(topic || '.*');
  const lower = only ? Number(only) : Number(from || 0);
  const upper = only ? lower + 1 : to ? Number(to) : Number.POSITIVE_INFINITY;
  const allowsTopic = (name: string): boolean => regex.test(name);
  return {
    allowsTopic,
    allows: (name, partition) => allowsTopic(name) && partition >= lower && partition < upper,
  };
}
