import { AlterPartition } from '@odradek/protocol/messages/alter-partition';
import { ControlledShutdown } from '@odradek/protocol/messages/controlled-shutdown';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { LeaderAndIsr } from '@odradek/protocol/messages/leader-and-isr';
import { Produce } from '@odradek/protocol/messages/produce';
import { StopReplica } from '@odradek/protocol/messages/stop-replica';
import { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import { WriteTxnMarkers } from '@odradek/protocol/messages/write-txn-markers';
import type { Clock } from '../env/clock';
import type { MutationPermits } from '../quotas/mutation-quota';
import type { Quotas } from '../quotas/quotas';
import type { QuotaClient } from '../quotas/rate-quota';
import { Answer, CLOSE_CONNECTION, type Handler, type HandlerResult, NO_ANSWER, type RequestContext } from './handler';
import type { Services } from './services';

type Parts = Pick<Services, 'quotas' | 'clock'>;
type Result = HandlerResult<{ readonly throttleTimeMs?: number }>;

/** What brokers say to each other is held to no quota (KafkaApis.sendResponseExemptThrottle). */
const EXEMPT: ReadonlySet<number> = new Set(
  [LeaderAndIsr, StopReplica, UpdateMetadata, ControlledShutdown, WriteTxnMarkers, AlterPartition].map(
    ({ key }) => key,
  ),
);

/** One thread busy all the time is 100 percent (KIP-124). */
const PERCENT_PER_MS = 100 / 1000;

/** Whom a request's usage is charged to. */
export function quotaClientOf({ principal, clientId }: RequestContext): QuotaClient {
  return { user: principal.slice(principal.indexOf(':') + 1), clientId: clientId ?? '' };
}

/**
 * Charges a request's time to its client: its handler's, and later the network's. Returns for how long to throttle it for
 * what is known now; 0 for not at all.
 */
export function chargeTime({ quotas, clock }: Parts, context: RequestContext): number {
  if (!isMeasured(quotas, context)) return 0;
  const client = quotaClientOf(context);
  context.networkCharge = (durationMs) => void quotas.request.record(client, durationMs * PERCENT_PER_MS);
  return Math.max(0, quotas.request.record(client, spentMs(clock, context) * PERCENT_PER_MS));
}

/** Counts a request's time that nobody is charged for (ClientRequestQuotaManager.maybeRecordExempt). */
export function countExempt({ quotas, clock }: Parts, context: RequestContext): void {
  if (!isMeasured(quotas, context)) return;
  context.networkCharge = (durationMs) => quotas.recordExempt(durationMs * PERCENT_PER_MS);
  quotas.recordExempt(spentMs(clock, context) * PERCENT_PER_MS);
}

/** Nobody measured a request that came before the quota. */
const isMeasured = ({ request }: Quotas, { startedMs }: RequestContext): boolean =>
  request.isEnabled && startedMs !== 0;

const spentMs = (clock: Clock, { startedMs, handledMs, elsewhereMs }: RequestContext): number =>
  (handledMs || clock.monotonicMs()) - startedMs + elsewhereMs;

/**
 * Charges what an answer that has been granted took from `sinceMs` on. Its client pays for it with its next request, as it
 * does in Kafka for the time of the network threads.
 */
export function chargeSince({ quotas, clock }: Parts, context: RequestContext, sinceMs: number): void {
  quotas.request.record(quotaClientOf(context), (clock.monotonicMs() - sinceMs) * PERCENT_PER_MS);
}

/** Charges a Produce request's bytes to its client, as `chargeTime`. */
export function chargeProduce({ quotas }: Parts, context: RequestContext): number {
  if (!quotas.produce.isEnabled) return 0;
  return Math.max(0, quotas.produce.record(quotaClientOf(context), context.requestBytes));
}

/** What a request may create and delete. Its client knows of THROTTLING_QUOTA_EXCEEDED from `strictSince` on (KIP-599). */
export function mutationPermits({ quotas }: Parts, context: RequestContext, strictSince: number): MutationPermits {
  const client = quotaClientOf(context);
  const { controllerMutation } = quotas;
  return context.apiVersion >= strictSince ? controllerMutation.strict(client) : controllerMutation.permissive(client);
}

/**
 * Holds a handler's clients to their quotas. Whoever exceeds one is answered at once, told for how long it is throttled,
 * and not listened to for so long (KIP-219). What the handler itself has found to throttle it for counts where longer.
 * Fetch looks at quotas before it makes its answer.
 */
export function throttled(handler: Handler, parts: Parts): Handler {
  const { quotas } = parts;
  const isExempt = EXEMPT.has(handler.api.key);
  /** What the handler itself looks at. */
  const own = handler.api.key === Produce.key ? quotas.produce : quotas.controllerMutation;

  function settle(result: Result, context: RequestContext): Result {
    if (!quotas.isEnabled || result === CLOSE_CONNECTION) return result;
    if (isExempt || result === NO_ANSWER) {
      countExempt(parts, context);
      return result;
    }
    const body = result instanceof Answer ? result.body : result;
    const ownMs = body.throttleTimeMs ?? 0;
    const requestMs = chargeTime(parts, context);
    const throttleTimeMs = Math.max(requestMs, ownMs);
    if (throttleTimeMs === 0) return result;
    (ownMs > requestMs ? own : quotas.request).noteThrottle(quotaClientOf(context), throttleTimeMs);
    context.mute(throttleTimeMs);
    const told = { ...body, throttleTimeMs };
    return result instanceof Answer ? new Answer(told, result.sent) : told;
  }

  const fail: Handler['fail'] = (error, request, context) => settle(handler.fail(error, request, context), context);
  if (handler.api.key === Fetch.key) return { ...handler, fail };
  return {
    ...handler,
    fail,
    handle(request, context) {
      const result = handler.handle(request, context);
      if (!quotas.isEnabled) return result;
      return result instanceof Promise ? result.then((later) => settle(later, context)) : settle(result, context);
    },
  };
}
