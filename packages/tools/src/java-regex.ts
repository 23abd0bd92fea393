import { ToolError } from './tool-error';

/**
 * A Java regular expression as a JavaScript one. The two languages agree on what people write for topics and
 * separators; possessive quantifiers and inline flags are Java's alone and are refused.
 */
export function javaPattern(source: string): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch {
    try {
      return new RegExp(source);
    } catch (thrown) {
      const why = (thrown as Error).message.replace(/^Invalid regular expression: /, '');
      throw new ToolError('java.util.regex.PatternSyntaxException', why);
    }
  }
}

/** A Java regular expression that must match a whole text. */
export const javaRegex = (source: string): RegExp => {
  javaPattern(source);
  return javaPattern(`^(?:${source})$`);
};

/**
 * The topics that a `--topic` argument selects (org.apache.kafka.server.util.TopicFilter): a regular expression in
 * which a comma means "or"; surrounding quotes and all blanks are dropped.
 */
export function topicFilter(list: string): RegExp {
  const source = list
    .trim()
    .replaceAll(',', '|')
    .replaceAll(' ', '')
    .replace(/^["']+/, '')
    .replace(/["']+$/, '');
  try {
    return javaRegex(source);
  } catch {
    throw new ToolError('java.lang.RuntimeException', `${source} is an invalid regex.`);
  }
}

/** Topics that belong to Kafka itself. */
export const INTERNAL_TOPICS: readonly string[] = ['__consumer_offsets', '__transaction_state'];
