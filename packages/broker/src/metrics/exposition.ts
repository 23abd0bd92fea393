import type { Registry } from 'prom-client';
import type { Clock } from '../env/clock';
import type { Family, Sample } from './families';

/** Series of one family that are told; what is beyond would cost the broker more than it is worth to anybody. */
export const MAX_SERIES = 10_000;

const OMITTED = 'odradek_metrics_omitted_series';

/** All families as Prometheus reads them, and those of the process that prom-client knows of. */
export class Exposition {
  private readonly names: string[] = [];
  private rendering: Promise<string> | null = null;
  /** Series left out by family, as of their last reading. */
  private readonly omitted = new Map<string, number>();

  private constructor(
    private readonly registry: Registry,
    private readonly clock: Clock,
  ) {}

  /** prom-client is loaded here and not before: a broker without metrics starts without it. */
  static async create(clock: Clock): Promise<Exposition> {
    const { collectDefaultMetrics, Registry } = await import('prom-client');
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const exposition = new Exposition(registry, clock);
    exposition.names.push(...registry.getMetricsAsArray().map(({ name }) => name));
    return exposition;
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  add(families: readonly Family[]): void {
    for (const family of families) {
      // What prom-client asks of a metric when it is printed.
      const metric = { ...family, get: async () => ({ ...family, values: this.valuesOf(family) }) };
      this.registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0]);
      this.names.push(family.name);
    }
  }

  /** Whoever asks while somebody else is being answered gets the same answer. */
  render(): Promise<string> {
    this.rendering ??= this.renderAll().finally(() => {
      this.rendering = null;
    });
    return this.rendering;
  }

  /** One family a turn of the event loop: requests of clients come between. */
  private async renderAll(): Promise<string> {
    const texts: string[] = [];
    for (const name of this.names) {
      texts.push(await this.registry.getSingleMetricAsString(name));
      await new Promise<void>((resolve) => this.clock.soon(resolve));
    }
    texts.push(this.renderOmitted());
    return `${texts.join('\n\n')}\n`;
  }

  private valuesOf({ name, read }: Family) {
    const values: { labels: Sample['labels']; value: number; metricName: string }[] = [];
    let omitted = 0;
    for (const { labels = {}, value, part } of read()) {
      if (values.length < MAX_SERIES) values.push({ labels, value, metricName: part ? `${name}_${part}` : name });
      else omitted++;
    }
    this.omitted.set(name, omitted);
    return values;
  }

  private renderOmitted(): string {
    const total = [...this.omitted.values()].reduce((sum, count) => sum + count, 0);
    const help = `Series left out above, of families with more than ${MAX_SERIES}`;
    return `# HELP ${OMITTED} ${help}\n# TYPE ${OMITTED} gauge\n${OMITTED} ${total}`;
  }
}
