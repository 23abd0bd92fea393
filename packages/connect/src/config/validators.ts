import { hashMapOrder, stringHash } from '@odradek/tools/java-order';
import { javaPattern } from '@odradek/tools/java-regex';
import { invalidValue, type Validator } from './config-def';

/** ConfigDef.Range. */
export const atLeast =
  (least: number): Validator =>
  (name, value) => {
    if (value === null) throw invalidValue(name, null, 'Value must be non-null');
    if ((value as number) < least) throw invalidValue(name, value, `Value must be at least ${least}`);
  };

/** ConfigDef.ValidString. */
export const oneOf =
  (...allowed: readonly (string | null)[]): Validator =>
  (name, value) => {
    if (!allowed.includes(value as string)) {
      throw invalidValue(name, value, `String must be one of: ${allowed.join(', ')}`);
    }
  };

/** ConfigDef.CaseInsensitiveValidString. */
export const oneOfInAnyCase =
  (...allowed: readonly string[]): Validator =>
  (name, value) => {
    // Java keeps them in a hash set.
    const listed = hashMapOrder(
      allowed.map((each) => each.toUpperCase()),
      stringHash,
    );
    if (value !== null && allowed.some((each) => each.toUpperCase() === String(value).toUpperCase())) return;
    throw invalidValue(name, value, `String must be one of (case insensitive): ${listed.join(', ')}`);
  };

/** ConfigDef.NonEmptyString. */
export const nonEmptyString: Validator = (name, value) => {
  if (value === '') throw invalidValue(name, '', 'String must be non-empty');
};

/** ConfigDef.NonEmptyStringWithoutControlChars. */
export const nonEmptyPrintable: Validator = (name, value) => {
  // A missing name is told of as missing.
  if (value === null) return;
  if (value === '') throw invalidValue(name, '', 'String may not be empty');
  const found = [...String(value)].filter(
    (character) => character < ' ' || (character >= '\x7f' && character < '\xa0'),
  );
  if (found.length === 0) return;
  const codes = found.map((character) => character.codePointAt(0)).join(', ');
  throw invalidValue(
    name,
    value,
    `String may not contain control sequences but had the following ASCII chars: ${codes}`,
  );
};

/** org.apache.kafka.connect.transforms.util.NonEmptyListValidator. */
export const nonEmptyList: Validator = (name, value) => {
  if (value === null || (value as readonly string[]).length === 0) throw invalidValue(name, value, 'Empty list');
};

/** Java's words for the mistakes that people make in regular expressions. */
function syntaxError(pattern: string, message: string): string {
  const at = (what: string, index: number): string =>
    `${what} near index ${index}\n${pattern}${index < pattern.length ? `\n${' '.repeat(index)}^` : ''}`;
  if (message.includes('Unterminated character class')) return at('Unclosed character class', pattern.length - 1);
  if (message.includes('Unterminated group')) return at('Unclosed group', pattern.length);
  const dangling = /^[*+?]/.exec(pattern)?.[0];
  return dangling === undefined ? message : at(`Dangling meta character '${dangling}'`, 0);
}

/** org.apache.kafka.connect.transforms.util.RegexValidator. */
export const regex: Validator = (name, value) => {
  if (value === null) {
    const why = 'Invalid regex: Cannot invoke "String.isEmpty()" because "this.pattern" is null';
    throw invalidValue(name, null, why);
  }
  try {
    javaPattern(String(value));
  } catch (thrown) {
    throw invalidValue(name, value, `Invalid regex: ${syntaxError(String(value), (thrown as Error).message)}`);
  }
};
