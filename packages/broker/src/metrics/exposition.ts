import type { Registry } from 'prom-client';
import type { Clock } from '../env/clock';
import type { Family, Sample } from './families';

/** Series of one family that are told; what is beyond would cost the broker more than it is worth to anybody. */
export const MAX_SERIES = 10_000;
/** Series that are written before requests of clients get their turn: about a millisecond's worth. */
const SERIES_PER_TURN = 500;

/** All families in Prometheus' text format, and those of the process that prom-client knows of. */
export class Exposition {
  private readonly families: Family[] = [];
  private rendering: Promise<string> | null = null;

  private constructor(
    private readonly process: Registry,
    private readonly clock: Clock,
  ) {}

  /** prom-client is loaded here and not before: a broker without metrics starts without it. */
  static async create(clock: Clock): Promise<Exposition> {
    const { collectDefaultMetrics, Registry } = await import('prom-client');
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    return new Exposition(registry, clock);
  }

  get contentType(): string {
    return this.process.contentType;
  }

  add(families: readonly Family[]): void {
    this.families.push(...families);
  }

  /** Whoever asks while somebody else is being answered gets the same answer. */
  render(): Promise<string> {
    this.rendering ??= this.renderAll().finally(() => {
      this.rendering = null;
    });
    return this.rendering;
  }

  private async renderAll(): Promise<string> {
    const texts: string[] = [];
    let [inTurn, omitted] = [0, 0];
    for (const family of this.families) {
      texts.push(heading(family));
      let told = 0;
      for (const sample of family.read()) {
        if (++told > MAX_SERIES) omitted++;
        else texts.push(line(family.name, sample));
        if (++inTurn % SERIES_PER_TURN === 0) await this.nextTurn();
      }
      await this.nextTurn();
    }
    texts.push(heading(OMITTED), line(OMITTED.name, { value: omitted }));
    return `${texts.join('')}\n${await this.process.metrics()}`;
  }

  private nextTurn(): Promise<void> {
    return new Promise((resolve) => this.clock.soon(resolve));
  }
}

const OMITTED = {
  name: 'odradek_metrics_omitted_series',
  help: `Series left out above, of families with more than ${MAX_SERIES}`,
  type: 'gauge',
} as const;

const heading = ({ name, help, type }: Pick<Family, 'name' | 'help' | 'type'>): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;

function line(name: string, { labels, value, part }: Sample): string {
  const series = part ? `${name}_${part}` : name;
  return `${series}${labels ? labelled(labels) : ''} ${numberText(value)}\n`;
}

function labelled(labels: NonNullable<Sample['labels']>): string {
  let text = '';
  for (const label in labels) text += `${text === '' ? '' : ','}${label}="${escaped(labels[label]!)}"`;
  return `{${text}}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

const escaped = (value: string): string =>
  /[\\"\n]/.test(value) ? value.replace(/[\\"\n]/g, (char) => ESCAPES[char]!) : value;

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
