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
      throw new ToolError('java.util.regex.PatternSyntaxException', javaSyntaxError(source, thrown as Error));
    }
  }
}

/** What Java says of a regular expression, for what people mistype; other mistakes in JavaScript's words. */
function javaSyntaxError(source: string, { message }: Error): string {
  const last = source.length - 1;
  const dangling = /^[*+?]/.test(source) ? 0 : source.search(/(?<=[(|])[*+?]/);
  if (message.includes('Unterminated character class')) return at('Unclosed character class', source, last);
  if (message.includes('Unterminated group')) return at('Unclosed group', source, source.length);
  if (message.includes('Nothing to repeat') && dangling >= 0) {
    return at(`Dangling meta character '${source[dangling]}'`, source, dangling);
  }
  return message.replace(/^Invalid regular expression: /, '');
}

/** java.util.regex.PatternSyntaxException.getMessage. */
function at(what: string, source: string, index: number): string {
  const pointer = index < source.length ? `\n${' '.repeat(index)}^` : '';
  return `${what} near index ${index}\n${source}${pointer}`;
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
