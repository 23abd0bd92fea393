import { type ErrorName, errorName } from '@odradek/protocol/errors';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import type { Io } from '../print';
import { logTo } from '../print';
import { configException, kafkaException, ServerError, ToolError, timeoutError } from '../tool-error';
import { KafkaClient, sleep } from './client';
import { type Config, parseConfig, refusePlugins, requirePlaintext, warnOfStaticBackoff } from './config-def';
import { ADMIN_CONFIGS } from './config-keys';
import { type AnyApi, DisconnectError, type RequestFor, RequestTimeoutError } from './connection';
import { loadProperties, type Properties } from './properties';

const CREATE_FAILURE = 'Failed to create new KafkaAdminClient';
const LAST_WORD_MS = 5_000;
const NO_NODE = 'Timed out waiting for a node assignment.';

/** One admin operation: its name in time-outs, and how long it may still take. */
export interface Call {
  readonly name: string;
  readonly deadlineMs: number;
  /** The API that an operation of several steps (AdminApiDriver) asks just now: its time-out says so. */
  stage?: string;
  /** Only one broker can answer: Java's client, once time is up, finds the call waiting for that one. */
  isForOneBroker?: boolean;
}

/** What Kafka's AdminClient adds to a client: every operation is tried again until its time is up. */
export class Admin {
  constructor(
    readonly client: KafkaClient,
    private readonly apiTimeoutMs: number,
    private readonly retryBackoffMs: number,
  ) {}

  /** The same with another API time-out: that of one operation (AbstractOptions.timeoutMs). */
  within(apiTimeoutMs: number): Admin {
    const admin = new Admin(this.client, apiTimeoutMs, this.retryBackoffMs);
    admin.admission = this.admission;
    return admin;
  }

  /** What is asked before each operation: whether those who answer are who they should be. */
  admission: ((call: Call) => Promise<void>) | undefined;

  /** Runs an operation, again after each retriable failure, until the API time-out (default.api.timeout.ms). */
  async call<T>(name: string, operation: (call: Call) => Promise<T>): Promise<T> {
    const call: Call = { name, deadlineMs: Date.now() + this.apiTimeoutMs };
    for (let attempts = 1; ; attempts++) {
      try {
        await this.admission?.(call);
        return await operation(call);
      } catch (thrown) {
        if (thrown instanceof ToolError && thrown.message === NO_NODE) {
          throw timeoutError(`${NO_NODE} Call: ${callText(call)}`);
        }
        const isLost = thrown instanceof DisconnectError || thrown instanceof RequestTimeoutError;
        const retriable = isLost || (thrown instanceof ServerError && thrown.retriable);
        if (!retriable) throw thrown;
        const nowMs = Date.now();
        const nextAllowedTryMs = nowMs + this.retryBackoffMs;
        if (nextAllowedTryMs >= call.deadlineMs) {
          if (call.isForOneBroker) throw timeoutError(`${NO_NODE} Call: ${callText(call)}`);
          const { deadlineMs } = call;
          const what = `Call(callName=${callText(call)}, deadlineMs=${deadlineMs}, tries=${attempts}, nextAllowedTryMs=${nextAllowedTryMs})`;
          throw timeoutError(`${what} timed out at ${nowMs} after ${attempts} attempt(s)`);
        }
        await sleep(this.retryBackoffMs);
      }
    }
  }

  /** Sends to any broker. */
  toAny<A extends AnyApi>(call: Call, api: A, request: RequestFor<A>): Promise<ResponseOf<A>> {
    return this.client.sendToAny(api, request, call.deadlineMs);
  }

  /** Sends to the controller; `errorOf` finds NOT_CONTROLLER in the answer, upon which the controller is asked for anew. */
  async toController<A extends AnyApi>(
    call: Call,
    api: A,
    request: RequestFor<A>,
    errorOf: (response: ResponseOf<A>) => number,
  ): Promise<ResponseOf<A>> {
    if (this.client.controllerId < 0) await this.client.metadata([], call.deadlineMs);
    const controllerId = this.client.controllerId;
    this.client.controllerId = -1;
    if (controllerId < 0) throw new ServerError('NOT_CONTROLLER');
    const response = await this.client.sendTo(controllerId, api, request, this.requestTimeoutMs(call));
    if (errorOf(response) === NOT_CONTROLLER) throw new ServerError('NOT_CONTROLLER');
    this.client.controllerId = controllerId;
    return response;
  }

  /** Sends to one broker, once metadata knows it. */
  async toBroker<A extends AnyApi>(call: Call, nodeId: number, api: A, request: RequestFor<A>): Promise<ResponseOf<A>> {
    while (!this.client.node(nodeId)) {
      const leftMs = call.deadlineMs - Date.now();
      if (leftMs <= this.retryBackoffMs) {
        await sleep(Math.max(0, leftMs));
        throw timeoutError(NO_NODE);
      }
      await this.client.metadata([], call.deadlineMs);
      if (!this.client.node(nodeId)) await sleep(this.retryBackoffMs);
    }
    return this.client.sendTo(nodeId, api, request, this.requestTimeoutMs(call));
  }

  /** A broker that is given as long may answer, when that is over, that it was not long enough: Java's client hears it. */
  private requestTimeoutMs({ deadlineMs }: Call): number {
    return Math.max(1, Math.min(this.client.options.requestTimeoutMs + LAST_WORD_MS, deadlineMs - Date.now()));
  }

  close(): void {
    this.client.close();
  }
}

const callText = ({ name, stage }: Call): string => (stage === undefined ? name : `${name}(api=${stage})`);

const NOT_CONTROLLER = 41;
const ASKED_AGAIN: readonly ErrorName[] = ['NOT_CONTROLLER', 'THROTTLING_QUOTA_EXCEEDED'];

/**
 * What a broker answers of something that it was asked to do. It may have begun all the same, or be at it still: Java's
 * client, too, leaves it at that, though the error as such might pass, and asks again only where nothing was done.
 */
export function refusalOf(errorCode: number, message: string | null = null): ServerError {
  const error = errorName(errorCode);
  return new ServerError(error, message, !ASKED_AGAIN.includes(error));
}

/** The properties of `--command-config`, if it was given. */
export const commandProperties = (path: string | undefined): Properties =>
  path === undefined ? new Map() : loadProperties(path);

/** An admin client from a tool's properties. Throws `ToolError` as creating Java's would. */
export async function createAdmin(
  properties: Properties,
  bootstrapServers: string,
  io: Io,
  { clientId = 'adminclient-1', label = 'AdminClient' } = {},
): Promise<Admin> {
  const config = parseConfig(ADMIN_CONFIGS, properties);
  const log = logTo(io.stderr);
  const isJavaAdmin = label === 'AdminClient';
  if (isJavaAdmin) warnOfStaticBackoff(config, log);
  refusePlugins(config, CREATE_FAILURE);
  try {
    requirePlaintext(config);
    const id = config.text('client.id') || clientId;
    const apiTimeoutMs = apiTimeoutOf(config);
    const client = new KafkaClient({
      bootstrapServers,
      clientId: id,
      logPrefix: `[${label} clientId=${id}] `,
      log,
      requestTimeoutMs: config.number('request.timeout.ms'),
      connectTimeoutMs: config.number('socket.connection.setup.timeout.ms'),
      reconnectBackoffMs: config.number('reconnect.backoff.ms'),
      reconnectBackoffMaxMs: config.number('reconnect.backoff.max.ms'),
      reportsBootstrap: !isJavaAdmin,
    });
    await client.checkBootstrap();
    return new Admin(client, apiTimeoutMs, config.number('retry.backoff.ms'));
  } catch (thrown) {
    if (thrown instanceof ToolError) throw kafkaException(CREATE_FAILURE, thrown);
    throw thrown;
  }
}

/** An operation has the time of one request at least (KafkaAdminClient.configureDefaultApiTimeoutMs). */
function apiTimeoutOf(config: Config): number {
  const [apiMs, requestMs] = [config.number('default.api.timeout.ms'), config.number('request.timeout.ms')];
  if (apiMs < requestMs && config.isGiven('default.api.timeout.ms')) {
    throw configException(
      'The specified value of default.api.timeout.ms must be no smaller than the value of request.timeout.ms.',
    );
  }
  return Math.max(apiMs, requestMs);
}
