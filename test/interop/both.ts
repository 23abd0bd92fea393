import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { Metadata } from '@odradek/protocol/messages/metadata';
import type { Api, RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { Fields } from '@odradek/protocol/schema/fields';
import { RequestHeader } from '@odradek/protocol/wire/headers';
import { Reader } from '@odradek/protocol/wire/reader';
import { Writer } from '@odradek/protocol/wire/writer';
import { differences } from './diff';
import { Link, type Outcome } from './link';
import { type RecordsView, viewOf } from './view';
import { SIDES, type SideName, type World } from './world';

/** One value for each broker. */
export type Pair<T> = Readonly<Record<SideName, T>>;
/** What is sent: the same to both, or, where it must name what differs (a topic's id), made for each. */
export type PerSide<T> = T | ((side: SideName) => T);

export interface SendOptions extends RecordsView {
  /** Tells this request from its neighbours in a report. */
  readonly note?: string;
  readonly clientId?: string | null;
  /** The answer comes after this long, or at once: both must agree. */
  readonly waitsMs?: number;
  /** How long to wait for an answer that may never come. */
  readonly patienceMs?: number;
  /** Where Apache's handler dies of the request and never answers, ours may answer. */
  readonly mayHang?: boolean;
  /** On a connection of its own, closed afterwards. */
  readonly alone?: boolean;
  /** On a connection of this name, kept for later requests: one client of several. */
  readonly on?: string;
  /** Parts of the answer that are not compared, and why that is right. */
  readonly except?: { readonly paths: readonly string[]; readonly why: string };
}

export interface Difference {
  readonly request: string;
  readonly lines: readonly string[];
}

const PATIENCE_MS = 15_000;
const CLIENT_ID = 'interop';
/** An answer later than this part of the time it may wait has waited. */
const WAITED = 0.7;

const valueFor = <T>(given: PerSide<T>, side: SideName): T =>
  typeof given === 'function' ? (given as (side: SideName) => T)(side) : given;

/** A frame with its length in front. */
export function framed(...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** A request's header as clients send it. */
export function header(
  apiKey: number,
  version: number,
  correlationId: number,
  headerVersion: number,
  clientId: string | null = CLIENT_ID,
): Buffer {
  const writer = new Writer();
  const fields = { requestApiKey: apiKey, requestApiVersion: version, correlationId, clientId };
  RequestHeader.codec(headerVersion).encode(writer, fields);
  return writer.toBuffer();
}

/** Sends requests to both brokers and keeps where their answers differ. */
export class Both {
  readonly differences: Difference[] = [];
  readonly topicIds = new Map<string, Pair<string>>();
  compared = 0;
  private correlationId = 0;
  private readonly links = new Map<string, Pair<Link>>();

  constructor(readonly world: World) {}

  private linksOf(name: string): Pair<Link> {
    const known = this.links.get(name);
    if (known) return known;
    const { ours, apache } = this.world.sides;
    const made = { ours: new Link(ours.port), apache: new Link(apache.port) };
    this.links.set(name, made);
    return made;
  }

  /** Notes a difference. */
  report(request: string, lines: readonly string[]): void {
    if (lines.length > 0) this.differences.push({ request, lines });
  }

  /** A topic's id on one side, once `createTopic` has made it. */
  topicId(topic: string): (side: SideName) => string {
    return (side) => this.topicIds.get(topic)![side];
  }

  /** Sends one request in one version to both and compares the answers, which are returned. */
  async send<A extends Api<Fields, Fields>>(
    api: A,
    version: number,
    request: PerSide<RequestInit<A>>,
    options: SendOptions = {},
  ): Promise<Pair<ResponseOf<A>>> {
    const correlationId = ++this.correlationId;
    const head = header(api.key, version, correlationId, api.requestHeaderVersion(version), options.clientId);
    const frame = (side: SideName): Buffer => {
      const writer = new Writer();
      api.requestCodec(version).encode(writer, valueFor(request, side) as never);
      return framed(head, writer.toBuffer());
    };
    const outcomes = await this.exchange({ ours: frame('ours'), apache: frame('apache') }, options);
    return this.compare(api, version, correlationId, outcomes, options);
  }

  /** As `send`, in every version from `from` to `to` (all of the API's where left out). */
  async sendEvery<A extends Api<Fields, Fields>>(
    api: A,
    request: (version: number) => PerSide<RequestInit<A>>,
    options: SendOptions = {},
    { from, to } = api.range,
  ): Promise<void> {
    for (let version = from; version <= to; version++) await this.send(api, version, request(version), options);
  }

  /** Sends a body made by hand under a proper header. */
  async sendBody<A extends Api<Fields, Fields>>(
    api: A,
    version: number,
    body: Uint8Array,
    options: SendOptions = {},
  ): Promise<Pair<ResponseOf<A>>> {
    const correlationId = ++this.correlationId;
    const head = header(api.key, version, correlationId, api.requestHeaderVersion(version), options.clientId);
    const frame = framed(head, body);
    return this.compare(
      api,
      version,
      correlationId,
      await this.exchange({ ours: frame, apache: frame }, options),
      options,
    );
  }

  /** Sends bytes as they are, each time on a connection of its own; answers are compared as bytes, or as those of `api`. */
  async sendRaw(
    note: string,
    bytes: Uint8Array,
    options: SendOptions & { readonly api?: Api; readonly version?: number } = {},
  ): Promise<Pair<Outcome>> {
    const frame = Buffer.from(bytes);
    const outcomes = await this.exchange({ ours: frame, apache: frame }, { ...options, alone: true });
    const { api, version } = options;
    if (api && version !== undefined && outcomes.ours.kind === 'answer' && outcomes.apache.kind === 'answer') {
      this.compare(api, version, 0, outcomes, { ...options, note });
      return outcomes;
    }
    this.compared++;
    if (options.mayHang && outcomes.apache.kind === 'silence') return outcomes;
    const shown = (outcome: Outcome) => (outcome.kind === 'answer' ? outcome.frame.toString('hex') : outcome.kind);
    const [ours, apache] = [shown(outcomes.ours), shown(outcomes.apache)];
    if (ours !== apache) this.report(`raw: ${note}`, [`ours ${ours}, Apache ${apache}`]);
    return outcomes;
  }

  /**
   * Sends a request that may get no answer (Produce with acks=0) and one behind it that gets one: what comes first, or
   * the connection's end, is compared.
   */
  async sendUnanswered<A extends Api<Fields, Fields>>(
    api: A,
    version: number,
    request: RequestInit<A>,
    note: string,
  ): Promise<void> {
    const writer = new Writer();
    api.requestCodec(version).encode(writer, request as never);
    const first = framed(
      header(api.key, version, ++this.correlationId, api.requestHeaderVersion(version)),
      writer.toBuffer(),
    );
    const probe = framed(header(Metadata.key, 1, ++this.correlationId, 1), Buffer.from([0, 0, 0, 0]));
    const bytes = Buffer.concat([first, probe]);
    const outcomes = await this.exchange({ ours: bytes, apache: bytes }, { alone: true });
    this.compared++;
    const shown = (outcome: Outcome) =>
      outcome.kind === 'answer'
        ? `answer to ${outcome.frame.readInt32BE(0) === this.correlationId ? 'the second' : 'the first'}`
        : outcome.kind;
    const [ours, apache] = [shown(outcomes.ours), shown(outcomes.apache)];
    if (ours !== apache) this.report(`${api.name} v${version} unanswered ${note}`, [`ours ${ours}, Apache ${apache}`]);
  }

  /** Makes a topic on both and notes its ids. */
  async createTopic(
    name: string,
    {
      partitions = 1,
      configs = {},
      replicas,
    }: {
      partitions?: number;
      configs?: Readonly<Record<string, string>>;
      /** Of every partition; whatever the controller chooses where left out. */
      replicas?: number[];
    } = {},
  ): Promise<void> {
    const assignments = Array.from({ length: replicas ? partitions : 0 }, (_, partitionIndex) => ({
      partitionIndex,
      brokerIds: replicas!,
    }));
    const topics = [
      {
        name,
        numPartitions: replicas ? -1 : partitions,
        replicationFactor: replicas ? -1 : 1,
        assignments,
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ];
    const made = await this.send(CreateTopics, 7, { topics, timeoutMs: 20_000 }, { note: `make ${name}` });
    this.topicIds.set(name, { ours: made.ours.topics[0]!.topicId, apache: made.apache.topics[0]!.topicId });
  }

  close(): void {
    for (const pair of this.links.values()) for (const side of SIDES) pair[side].close();
    this.links.clear();
  }

  private async exchange(
    frames: Pair<Buffer>,
    { alone = false, on = '', patienceMs = PATIENCE_MS }: SendOptions,
  ): Promise<Pair<Outcome>> {
    const [ours, apache] = await Promise.all(
      SIDES.map(async (side) => {
        const link = alone ? new Link(this.world.sides[side].port) : this.linksOf(on)[side];
        const outcome = await link.exchange(frames[side], patienceMs);
        if (alone || outcome.kind === 'silence') link.close();
        return outcome;
      }),
    );
    return { ours: ours!, apache: apache! };
  }

  private compare<A extends Api<Fields, Fields>>(
    api: A,
    version: number,
    correlationId: number,
    outcomes: Pair<Outcome>,
    options: SendOptions,
  ): Pair<ResponseOf<A>> {
    this.compared++;
    const name = `${api.name} v${version}${options.note ? ` ${options.note}` : ''}`;
    const { ours, apache } = outcomes;
    if (ours.kind !== 'answer' || apache.kind !== 'answer') {
      const hangs = options.mayHang && apache.kind === 'silence';
      if (!hangs && ours.kind !== apache.kind) this.report(name, [`ours ${ours.kind}, Apache ${apache.kind}`]);
      return { ours: undefined as never, apache: undefined as never };
    }
    const bodies = {
      ours: decode(api, version, correlationId, ours.frame),
      apache: decode(api, version, correlationId, apache.frame),
    };
    const lines = differences(api.name, viewOf(bodies.ours.view, options), viewOf(bodies.apache.view, options));
    const left = lines.filter((line) => !options.except?.paths.some((path) => line.startsWith(path)));
    if (lines.length === 0 && ours.frame.length !== apache.frame.length && !options.recompressed) {
      left.push(`bytes: ours ${ours.frame.length}, Apache ${apache.frame.length}`);
    }
    left.push(...timing(ours, apache, options.waitsMs));
    this.report(name, left);
    return { ours: bodies.ours.body as ResponseOf<A>, apache: bodies.apache.body as ResponseOf<A> };
  }
}

function timing(ours: Outcome, apache: Outcome, waitsMs: number | undefined): string[] {
  if (waitsMs === undefined) return [];
  const late = ({ elapsedMs }: Outcome) => elapsedMs >= WAITED * waitsMs;
  if (late(ours) === late(apache)) return [];
  return [`time: ours ${Math.round(ours.elapsedMs)} ms, Apache ${Math.round(apache.elapsedMs)} ms`];
}

/** The answer's body, and all that is to be compared of it. */
function decode(
  api: Api<Fields, Fields>,
  version: number,
  correlationId: number,
  frame: Buffer,
): { body: unknown; view: unknown } {
  const reader = new Reader(frame, 0, frame.length);
  const answered = reader.int32();
  if (api.responseHeaderVersion(version) === 1) reader.skipTags();
  const body = api.responseCodec(version).decode(reader);
  return {
    body,
    view: { ...(body as object), correlationId: answered - correlationId, trailingBytes: reader.remaining },
  };
}
