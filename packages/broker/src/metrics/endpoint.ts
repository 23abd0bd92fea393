import type { Http, HttpAnswer, HttpListening } from '../env/http';
import type { Logger } from '../env/logger';
import type { Exposition } from './exposition';

const JSON_TYPE = 'application/json; charset=utf-8';
const TEXT_TYPE = 'text/plain; charset=utf-8';

const json = (status: number, value: unknown): HttpAnswer => ({
  status,
  contentType: JSON_TYPE,
  body: `${JSON.stringify(value)}\n`,
});

/** What is asked over HTTP: numbers, whether the process lives, whether it serves. */
export class MetricsEndpoint {
  private listening: HttpListening | null = null;

  /** @param reasons against sending clients here now; none: it is ready */
  constructor(
    private readonly exposition: Exposition,
    private readonly reasons: () => readonly string[],
    private readonly logger: Logger,
  ) {}

  /** Returns the port bound. Rejects where the address cannot be bound. */
  async listen(http: Http, address: { readonly host: string; readonly port: number }): Promise<number> {
    this.listening = await http.listen(address, (path) => this.answer(path));
    return this.listening.port;
  }

  async answer(path: string): Promise<HttpAnswer> {
    switch (path) {
      case '/metrics':
        return this.scrape();
      case '/healthz':
        return json(200, { alive: true });
      case '/ready': {
        const reasons = this.reasons();
        return json(reasons.length === 0 ? 200 : 503, { ready: reasons.length === 0, reasons });
      }
      default:
        return { status: 404, contentType: TEXT_TYPE, body: 'Here are /metrics, /healthz and /ready.\n' };
    }
  }

  private async scrape(): Promise<HttpAnswer> {
    try {
      return { status: 200, contentType: this.exposition.contentType, body: await this.exposition.render() };
    } catch (error) {
      this.logger.error(`Metrics cannot be read: ${(error as Error).message}`, { error });
      return { status: 500, contentType: TEXT_TYPE, body: 'Metrics cannot be read: see the log of the broker.\n' };
    }
  }

  async close(): Promise<void> {
    await this.listening?.close();
  }
}
