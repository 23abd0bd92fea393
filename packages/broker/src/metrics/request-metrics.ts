import { errorName } from '@odradek/protocol/errors';
import { Fetch } from '@odradek/protocol/messages/fetch';
import type { Fields } from '@odradek/protocol/schema/fields';
import type { Clock } from '../env/clock';
import { Distribution } from './distribution';
import { type ErrorPlaces, eachErrorCode, errorPlaces } from './error-codes';
import type { Family, Sample } from './families';

/** As the dispatcher tells of one request (RequestObservation). */
interface Observation {
  readonly api: { readonly key: number; readonly name: string; readonly response: Fields };
  readonly version: number;
  readonly request: unknown;
  readonly response: unknown;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly totalMs: number;
  readonly handleMs: number;
}

/** Times are kept in whole microseconds. */
const US_PER_MS = 1000;
const QUANTILES = ['0.50', '0.75', '0.95', '0.98', '0.99', '0.999'];
const SHARES = QUANTILES.map(Number);

const DISTRIBUTIONS = {
  totalTimeMs: { help: 'From a request handed over by the network to its encoded answer', perUnit: US_PER_MS },
  localTimeMs: {
    help: 'Part of it before the handler returned: what the event loop was busy with',
    perUnit: US_PER_MS,
  },
  remoteTimeMs: { help: 'Part of it spent waiting for others: for replicas, data, ZooKeeper', perUnit: US_PER_MS },
  requestBytes: { help: 'Size of requests', perUnit: 1 },
  responseBytes: { help: 'Size of answers', perUnit: 1 },
} as const;

type DistributionName = keyof typeof DISTRIBUTIONS;

class RequestKind {
  readonly byVersion: number[] = [];
  /** Error codes in answers, by code. */
  readonly errors = new Map<number, number>();
  private readonly places: ErrorPlaces | null;
  readonly totalTimeMs: Distribution;
  readonly localTimeMs: Distribution;
  readonly remoteTimeMs: Distribution;
  readonly requestBytes: Distribution;
  readonly responseBytes: Distribution;

  constructor(
    readonly name: string,
    response: Fields,
    nowMs: number,
  ) {
    this.places = errorPlaces(response);
    this.totalTimeMs = new Distribution(nowMs);
    this.localTimeMs = new Distribution(nowMs);
    this.remoteTimeMs = new Distribution(nowMs);
    this.requestBytes = new Distribution(nowMs);
    this.responseBytes = new Distribution(nowMs);
  }

  private readonly countError = (code: number): void => {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  };

  record({ version, response, requestBytes, responseBytes, totalMs, handleMs }: Observation): void {
    this.byVersion[version] = (this.byVersion[version] ?? 0) + 1;
    this.totalTimeMs.record(totalMs * US_PER_MS);
    this.localTimeMs.record(handleMs * US_PER_MS);
    this.remoteTimeMs.record((totalMs - handleMs) * US_PER_MS);
    this.requestBytes.record(requestBytes);
    this.responseBytes.record(responseBytes);
    if (this.places && response)
      eachErrorCode(this.places, response as Readonly<Record<string, unknown>>, this.countError);
  }
}

/**
 * Rates, times and sizes of requests (RequestMetrics): of every API that was asked for, and of Fetch by who fetches. There are
 * no more series than APIs and versions.
 */
export class RequestMetrics {
  private readonly kinds = new Map<string, RequestKind>();

  constructor(private readonly clock: Clock) {}

  observe(observation: Observation): void {
    const { api, request, version } = observation;
    this.kindOf(api.name, api.response).record(observation);
    if (api.key === Fetch.key) {
      const name = isOfFollower(request as FetchOrigin, version) ? 'FetchFollower' : 'FetchConsumer';
      this.kindOf(name, api.response).record(observation);
    }
  }

  private kindOf(name: string, response: Fields): RequestKind {
    let kind = this.kinds.get(name);
    if (!kind) {
      kind = new RequestKind(name, response, this.clock.monotonicMs());
      this.kinds.set(name, kind);
    }
    return kind;
  }

  families(): Family[] {
    return [
      {
        name: 'kafka_network_requestmetrics_requests_total',
        help: 'Requests answered',
        type: 'counter',
        read: () => this.readCounts(),
      },
      {
        name: 'kafka_network_requestmetrics_errors_total',
        help: 'Error codes in answers, NONE among them: one for each partition, group or other thing that an answer speaks of',
        type: 'counter',
        read: () => this.readErrors(),
      },
      ...(Object.keys(DISTRIBUTIONS) as DistributionName[]).map(
        (name): Family => ({
          name: `kafka_network_requestmetrics_${name.toLowerCase()}`,
          help: `${DISTRIBUTIONS[name].help}; quantiles are those of the last one to two minutes`,
          type: 'summary',
          read: () => this.readDistributions(name),
        }),
      ),
    ];
  }

  private *readCounts(): Generator<Sample> {
    for (const { name, byVersion } of this.kinds.values()) {
      for (const [version, value] of byVersion.entries()) {
        if (value !== undefined) yield { labels: { request: name, version: String(version) }, value };
      }
    }
  }

  private *readErrors(): Generator<Sample> {
    for (const { name, errors } of this.kinds.values()) {
      for (const [code, value] of errors) yield { labels: { request: name, error: errorName(code) }, value };
    }
  }

  private *readDistributions(which: DistributionName): Generator<Sample> {
    const { perUnit } = DISTRIBUTIONS[which];
    const nowMs = this.clock.monotonicMs();
    for (const kind of this.kinds.values()) {
      const distribution = kind[which];
      distribution.age(nowMs);
      const request = kind.name;
      for (const [index, value] of distribution.quantiles(SHARES).entries()) {
        yield { labels: { request, quantile: QUANTILES[index]! }, value: value / perUnit };
      }
      yield { labels: { request }, value: distribution.sum / perUnit, part: 'sum' };
      yield { labels: { request }, value: distribution.count, part: 'count' };
    }
  }
}

interface FetchOrigin {
  readonly replicaId: number;
  readonly replicaState: { readonly replicaId: number };
}

/** The version in which the replica's id moved (KIP-903). */
const REPLICA_STATE_VERSION = 15;

const isOfFollower = ({ replicaId, replicaState }: FetchOrigin, version: number): boolean =>
  (version >= REPLICA_STATE_VERSION ? replicaState.replicaId : replicaId) >= 0;
