/**
 * Numbers without a schema have Java's types all the same, and JSON shows it: `5` is a Long, `5.0` a Double. A plain
 * number is what it looks like, whole or not; these stand for the rest, and count as numbers in arithmetic.
 */
export class JavaDouble extends Number {
  readonly javaClass = 'java.lang.Double';
}

/** A float: it is printed with fewer digits than a double. */
export class JavaFloat extends Number {
  readonly javaClass = 'java.lang.Float';
}

/** A double without a schema: boxed only where it would look like a whole number. */
export const boxDouble = (value: number): number | JavaDouble =>
  Number.isInteger(value) || Object.is(value, -0) ? new JavaDouble(value) : value;
