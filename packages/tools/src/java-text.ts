/** Numbers as Java prints them: what differs from JavaScript is the exponent, and that there is always a fraction. */
function layOut(digits: string, exponent: number, negative: boolean): string {
  const sign = negative ? '-' : '';
  if (exponent >= -3 && exponent < 7) {
    if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
    const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
    return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
  }
  return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent}`;
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  return undefined;
}

const split = (text: string): [string, number] => {
  const [mantissa, exponent] = text.split('e');
  return [mantissa!.replace('.', '').replace(/0+$/, '') || '0', Number(exponent)];
};

/** java.lang.Double.toString: the fewest digits that tell it from its neighbours, but of two the nearest. */
export function doubleText(value: number): string {
  const text = special(value);
  if (text) return text;
  const shortest = Math.abs(value).toExponential();
  const [digits, exponent] = split(shortest.includes('.') ? shortest : Math.abs(value).toExponential(1));
  return layOut(digits, exponent, value < 0);
}

/** java.lang.Float.toString, likewise. */
export function floatText(value: number): string {
  const text = special(value);
  if (text) return text;
  let precision = 1;
  while (precision < 9 && Math.fround(Number(Math.abs(value).toExponential(precision))) !== Math.abs(value))
    precision++;
  const [digits, exponent] = split(Math.abs(value).toExponential(precision));
  return layOut(digits, exponent, value < 0);
}

/** java.lang.String.split(","): empty entries at the end are dropped, all of them where there are no others. */
export function splitAtCommas(text: string): string[] {
  if (text === '') return [''];
  const entries = text.replace(/,+$/, '');
  return entries === '' ? [] : entries.split(',');
}
