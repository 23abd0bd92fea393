/** Exact decimal numbers, as java.math.BigDecimal has them: `unscaled × 10^-scale`. */
export class Decimal {
  readonly javaClass = 'java.math.BigDecimal';

  constructor(
    readonly unscaled: bigint,
    readonly scale: number,
  ) {}

  /** Reads a number such as `-12.50` or `1E+3`; undefined where the text is none. */
  static parse(text: string): Decimal | undefined {
    const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/.exec(text);
    if (!match || (match[2] === '' && !match[3])) return undefined;
    const [, sign, whole = '', fraction = '', exponent = '0'] = match;
    const unscaled = BigInt(`${whole}${fraction}`);
    return new Decimal(sign === '-' ? -unscaled : unscaled, fraction.length - Number(exponent));
  }

  /** From the big-endian two's complement that java.math.BigInteger.toByteArray gives. */
  static fromBytes(bytes: Buffer, scale: number): Decimal {
    if (bytes.length === 0) return new Decimal(0n, scale);
    return new Decimal(BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`)), scale);
  }

  /** The unscaled value in as few bytes of two's complement as hold it. */
  toBytes(): Buffer {
    let count = 1;
    while (BigInt.asIntN(count * 8, this.unscaled) !== this.unscaled) count++;
    const hex = BigInt.asUintN(count * 8, this.unscaled)
      .toString(16)
      .padStart(count * 2, '0');
    return Buffer.from(hex, 'hex');
  }

  toNumber(): number {
    return Number(`${this.unscaled}e${-this.scale}`);
  }

  /** The whole part, towards zero. */
  toBigInt(): bigint {
    if (this.scale <= 0) return this.unscaled * 10n ** BigInt(-this.scale);
    return this.unscaled / 10n ** BigInt(this.scale);
  }

  /** java.math.BigDecimal.toPlainString. */
  toPlainString(): string {
    const sign = this.unscaled < 0n ? '-' : '';
    const digits = (this.unscaled < 0n ? -this.unscaled : this.unscaled).toString();
    if (this.scale <= 0) return this.unscaled === 0n ? '0' : `${sign}${digits}${'0'.repeat(-this.scale)}`;
    const padded = digits.padStart(this.scale + 1, '0');
    return `${sign}${padded.slice(0, -this.scale)}.${padded.slice(-this.scale)}`;
  }

  /** java.math.BigDecimal.toString: with an exponent where the plain form would be padded. */
  toString(): string {
    const digits = (this.unscaled < 0n ? -this.unscaled : this.unscaled).toString();
    const adjusted = digits.length - 1 - this.scale;
    if (this.scale >= 0 && adjusted >= -6) return this.toPlainString();
    const sign = this.unscaled < 0n ? '-' : '';
    const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
    return `${sign}${mantissa}${adjusted === 0 ? '' : `E${adjusted > 0 ? '+' : ''}${adjusted}`}`;
  }
}
