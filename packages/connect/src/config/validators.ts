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
    if (value !== null && allowed.some((each) => each.toUpperCase() === String(value).toUpperCase())) return;
    throw invalidValue(name, value, `String must be one of (case insensitive): ${allowed.join(', ')}`);
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

/** org.apache.kafka.connect.transforms.util.RegexValidator. */
export const regex: Validator = (name, value) => {
  try {
    if (value === null) throw new Error('Cannot invoke "String.isEmpty()" because "this.pattern" is null');
    javaPattern(value as string);
  } catch (thrown) {
    throw invalidValue(name, value, `Invalid regex: ${(thrown as Error).message}`);
  }
};

/** ConfigDef.LambdaValidator around a check of our own. */
export const unique =
  (what: string): Validator =>
  (name, value) => {
    const list = value as readonly string[];
    const twice = list.filter((each, index) => list.indexOf(each) !== index);
    if (twice.length > 0) throw invalidValue(name, list, what);
  };
