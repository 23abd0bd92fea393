/** FNV-1a's prime and start. */
const PRIME = 0x01000193;
const START = 0x811c9dc5;

/**
 * A number that stands for everything that has happened: two runs with the same are the same run. Whoever moves
 * something in the simulated world notes it here.
 */
export class Trace {
  private low = START;
  private high = START ^ 0x5bd1e995;
  private readonly number = new Float64Array(1);
  private readonly words = new Int32Array(this.number.buffer);

  note(value: number): void {
    this.number[0] = value;
    this.mix(this.words[0]!);
    this.mix(this.words[1]!);
  }

  /** 16 hexadecimal digits. */
  get hash(): string {
    return [this.high, this.low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  private mix(word: number): void {
    this.low = Math.imul(this.low ^ word, PRIME);
    this.low ^= this.low >>> 15;
    this.high = Math.imul(this.high ^ this.low, PRIME) + word;
  }
}
