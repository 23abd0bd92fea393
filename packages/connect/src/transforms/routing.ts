import { javaRegex } from '@odradek/tools/java-regex';
import { ConfigDef } from '../config/config-def';
import { nonEmptyList, nonEmptyPrintable, regex } from '../config/validators';
import type { ConnectRecord } from '../data/record';
import type { Schema } from '../data/schema';
import { parseValue } from '../data/values';
import { DataError } from '../errors';
import { type SimpleDateFormat, simpleDateFormat } from '../java/simple-date-format';
import type { Predicate, Props, Transformation } from '../plugins/api';

/** The transformations that look at topics and headers only, and the predicates. */

export const REGEX_ROUTER_CONFIG = new ConfigDef([
  { name: 'regex', type: 'STRING', validate: regex, importance: 'HIGH', documentation: 'What topics must match.' },
  {
    name: 'replacement',
    type: 'STRING',
    importance: 'HIGH',
    documentation: 'What they are called then; $1 is a group.',
  },
]);

/** What a Java replacement makes of a match: `$1`, `${name}`, and a backslash before what is meant as it is. */
const replace = (template: string, match: RegExpExecArray): string =>
  template.replace(/\\(.)|\$(\d+)|\$\{(\w+)\}/gs, (_, escaped?: string, digits?: string, name?: string) => {
    if (escaped !== undefined) return escaped;
    if (name !== undefined) return match.groups?.[name] ?? '';
    // Java takes as many digits as make a group that there is.
    let group = digits!;
    while (group.length > 1 && Number(group) >= match.length) group = group.slice(0, -1);
    return (match[Number(group)] ?? '') + digits!.slice(group.length);
  });

/** Sends records to another topic by name (org.apache.kafka.connect.transforms.RegexRouter). */
export class RegexRouter implements Transformation {
  private pattern = /^$/;
  private replacement = '';

  configure(props: Props): void {
    const config = REGEX_ROUTER_CONFIG.parse(props);
    this.pattern = javaRegex(config.string('regex'));
    this.replacement = config.string('replacement');
  }

  apply<R extends ConnectRecord>(record: R): R {
    const match = this.pattern.exec(record.topic);
    return match ? { ...record, topic: replace(this.replacement, match) } : record;
  }
}

export const TIMESTAMP_ROUTER_CONFIG = new ConfigDef([
  {
    name: 'topic.format',
    type: 'STRING',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is Kafka's own template.
    fallback: '${topic}-${timestamp}',
    importance: 'HIGH',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is Kafka's own template.
    documentation: 'The new topic, in which ${topic} and ${timestamp} stand for the old one and the time.',
  },
  {
    name: 'timestamp.format',
    type: 'STRING',
    fallback: 'yyyyMMdd',
    importance: 'HIGH',
    documentation: 'How the time is written: a pattern of java.text.SimpleDateFormat.',
  },
]);

/** Sends records to topics by their times (org.apache.kafka.connect.transforms.TimestampRouter). */
export class TimestampRouter implements Transformation {
  private topicFormat = '';
  private timestampFormat: SimpleDateFormat = simpleDateFormat('');

  configure(props: Props): void {
    const config = TIMESTAMP_ROUTER_CONFIG.parse(props);
    this.topicFormat = config.string('topic.format');
    this.timestampFormat = simpleDateFormat(config.string('timestamp.format'));
  }

  apply<R extends ConnectRecord>(record: R): R {
    if (record.timestamp === null) throw new DataError(`Timestamp missing on record: ${recordText(record)}`);
    const time = this.timestampFormat.format(new Date(record.timestamp));
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: they are Kafka's own placeholders.
    const topic = this.topicFormat.split('${topic}').join(record.topic).split('${timestamp}').join(time);
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: they are Kafka's own placeholders.
    return { ...record, topic };
  }
}

const recordText = ({ topic, partition, keySchema, valueSchema, timestamp }: ConnectRecord): string =>
  `ConnectRecord{topic='${topic}', kafkaPartition=${partition}, keySchema=${keySchema}, valueSchema=${valueSchema}, timestamp=${timestamp}}`;

export const DROP_HEADERS_CONFIG = new ConfigDef([
  {
    name: 'headers',
    type: 'LIST',
    validate: nonEmptyList,
    importance: 'HIGH',
    documentation: 'The headers to take away.',
  },
]);

/** org.apache.kafka.connect.transforms.DropHeaders. */
export class DropHeaders implements Transformation {
  private dropped: readonly string[] = [];

  configure(props: Props): void {
    this.dropped = DROP_HEADERS_CONFIG.parse(props).list('headers');
  }

  apply<R extends ConnectRecord>(record: R): R {
    return { ...record, headers: record.headers.filter(({ key }) => !this.dropped.includes(key)) };
  }
}

export const INSERT_HEADER_CONFIG = new ConfigDef([
  {
    name: 'header',
    type: 'STRING',
    importance: 'HIGH',
    documentation: 'The name of the header.',
  },
  {
    name: 'value.literal',
    type: 'STRING',
    importance: 'HIGH',
    documentation: 'Its value, the same for all records, read by its looks.',
  },
]);

/** org.apache.kafka.connect.transforms.InsertHeader. */
export class InsertHeader implements Transformation {
  private header = '';
  private literal: { readonly schema: Schema | null; readonly value: unknown } = { schema: null, value: null };

  configure(props: Props): void {
    const config = INSERT_HEADER_CONFIG.parse(props);
    this.header = config.string('header');
    this.literal = parseValue(config.string('value.literal')) ?? { schema: null, value: null };
  }

  apply<R extends ConnectRecord>(record: R): R {
    return { ...record, headers: [...record.headers, { key: this.header, ...this.literal }] };
  }
}

/** Drops every record: of use with a predicate (org.apache.kafka.connect.transforms.Filter). */
export class Filter implements Transformation {
  configure(): void {
    // It takes no settings.
  }

  apply(): null {
    return null;
  }
}

export const HAS_HEADER_KEY_CONFIG = new ConfigDef([
  {
    name: 'name',
    type: 'STRING',
    validate: nonEmptyPrintable,
    importance: 'MEDIUM',
    documentation: 'The name of the header.',
  },
]);

/** org.apache.kafka.connect.transforms.predicates.HasHeaderKey. */
export class HasHeaderKey implements Predicate {
  private name = '';

  configure(props: Props): void {
    this.name = HAS_HEADER_KEY_CONFIG.parse(props).string('name');
  }

  test({ headers }: ConnectRecord): boolean {
    return headers.some(({ key }) => key === this.name);
  }
}

export const TOPIC_NAME_MATCHES_CONFIG = new ConfigDef([
  {
    name: 'pattern',
    type: 'STRING',
    validate: regex,
    importance: 'MEDIUM',
    documentation: 'A regular expression of Java that the whole name of the topic must match.',
  },
]);

/** org.apache.kafka.connect.transforms.predicates.TopicNameMatches. */
export class TopicNameMatches implements Predicate {
  private pattern = /^$/;

  configure(props: Props): void {
    this.pattern = javaRegex(TOPIC_NAME_MATCHES_CONFIG.parse(props).string('pattern'));
  }

  test({ topic }: ConnectRecord): boolean {
    return this.pattern.test(topic);
  }
}

/** org.apache.kafka.connect.transforms.predicates.RecordIsTombstone. */
export class RecordIsTombstone implements Predicate {
  configure(): void {
    // It takes no settings.
  }

  test({ value }: ConnectRecord): boolean {
    return value === null || value === undefined;
  }
}
