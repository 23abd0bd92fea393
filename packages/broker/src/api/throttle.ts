import { AlterPartition } from '@odradek/protocol/messages/alter-partition';
import { ControlledShutdown } from '@odradek/protocol/messages/controlled-shutdown';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { LeaderAndIsr } from '@odradek/protocol/messages/leader-and-isr';
import { StopReplica } from '@odradek/protocol/messages/stop-replica';
import { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import { WriteTxnMarkers } from '@odradek/protocol/messages/write-txn-markers';
import type { MutationPermits } from '../quotas/mutation-quota';
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

/** Charges a request's time to its client. Returns for how long to throttle it; 0 for not at all. */
export function chargeTime({ quotas, clock }: Parts, context: RequestContext): number {
  // Nobody measured a request that came before the quota.
  if (!quotas.request.isEnabled || context.startedMs === 0) return 0;
  const spentMs = (context.handledMs || clock.monotonicMs()) - context.startedMs;
  return Math.max(0, quotas.request.record(quotaClientOf(context), spentMs * PERCENT_PER_MS));
}

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
  if (EXEMPT.has(handler.api.key)) return handler;
  const { quotas } = parts;

  function settle(result: Result, context: RequestContext): Result {
    if (!quotas.isEnabled || result === NO_ANSWER || result === CLOSE_CONNECTION) return result;
    const body = result instanceof Answer ? result.body : result;
    const throttleTimeMs = Math.max(chargeTime(parts, context), body.throttleTimeMs ?? 0);
    if (throttleTimeMs === 0) return result;
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
