import { ERRORS, KafkaError } from '@odradek/protocol/errors';
import { Produce } from '@odradek/protocol/messages/produce';
import type { ResponseInit } from '@odradek/protocol/schema/api';
import { isInternalTopic } from '../cluster/topic-names';
import { type JudgedRecords, TakesLongError } from '../log/judged-records';
import { type AppendInfo, RecordValidationError } from '../log/types';
import { FailedAppends, KNOWN_FAILURES } from '../replication/failed-appends';
import type { Partition } from '../replication/partition';
import { DelayedRequest } from '../replication/wait-list';
import { specificMessage } from './api-error';
import { CLOSE_CONNECTION, type Handler, type HandlerResult, handler, NO_ANSWER, type RequestContext } from './handler';
import { currentLeader, nodeEndpoints } from './leader-hints';
import { appendAside, type PutAside, putAside } from './produce-aside';
import {
  areSound,
  checkRecords,
  copyOf,
  forgetRecords,
  isTransactional,
  lastOfEach,
  type ProduceRequest,
} from './produce-request';
import type { PartitionResult, TopicResult } from './produce-result';
import type { Services } from './services';
import { chargeProduce, quotaClientOf } from './throttle';
import { UnverifiedError, VerifiedAppends } from './verification';

type Response = ResponseInit<typeof Produce>;

const FROM_CLIENT = { origin: 'client', verificationGuard: null, judged: null } as const;
const ADMIN_CLIENT = '__admin_client';
const NO_TIMESTAMP = -1;
const UNKNOWN_OFFSET = -1;

/** An append that is on this broker's disk and waits for the in-sync replicas. */
interface Pending {
  readonly result: PartitionResult;
  readonly partition: Partition;
  readonly requiredOffset: number;
  done: boolean;
}

/** The appends of one request. */
interface Appends {
  readonly request: ProduceRequest;
  readonly context: RequestContext;
  readonly verified: VerifiedAppends | null;
  readonly pending: Pending[];
  readonly aside: PutAside[];
}

function failed(index: number, error: KafkaError, logStartOffset = UNKNOWN_OFFSET): PartitionResult {
  const result: PartitionResult = {
    index,
    errorCode: error.code,
    baseOffset: UNKNOWN_OFFSET,
    logAppendTimeMs: NO_TIMESTAMP,
    logStartOffset,
  };
  if (error instanceof RecordValidationError) {
    result.recordErrors = error.recordErrors.map(({ batchIndex, message }) => ({
      batchIndex,
      batchIndexErrorMessage: message,
    }));
    result.errorMessage = error.message;
  } else if (error instanceof UnverifiedError) result.errorMessage = error.message;
  return result;
}

/** Appends records to the logs of the partitions that this broker leads (acks 0, 1 and all; KIP-98 idempotence). */
export function produce(services: Services): Handler<typeof Produce> {
  const logger = services.loggers.logger(
    'kafka.server.ReplicaManager',
    `[ReplicaManager broker=${services.brokerId}] `,
  );
  const failures = new FailedAppends(logger, services.clock);

  /** @param judged what has been made of the records aside, if they have been put there */
  function append(
    topic: string,
    index: number,
    records: Buffer | null,
    appends: Appends,
    judged: JudgedRecords | null,
  ): PartitionResult {
    const { request, context, verified, pending } = appends;
    let partition: Partition | undefined;
    try {
      if (!services.metadata.contains(topic, index)) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION');
      checkRecords(context.apiVersion, records);
      const verificationGuard = verified === null ? null : verified.guardOf(topic, index);
      if (request.acks < -1 || request.acks > 1) throw new KafkaError('INVALID_REQUIRED_ACKS');
      if (isInternalTopic(topic) && context.clientId !== ADMIN_CLIENT) throw new KafkaError('INVALID_TOPIC_EXCEPTION');
      partition = services.replicas.get(topic, index);
      const isPlain = verificationGuard === null && judged === null;
      const from = isPlain ? FROM_CLIENT : { ...FROM_CLIENT, verificationGuard, judged };
      const info: AppendInfo = partition.appendAsLeader(records, request.acks, from);
      services.traffic?.appended(topic, info);
      const result: PartitionResult = {
        index,
        errorCode: 0,
        baseOffset: info.firstOffset,
        logAppendTimeMs: info.logAppendTimeMs,
        logStartOffset: info.logStartOffset,
      };
      if (request.acks === -1) {
        pending.push({ result, partition, requiredOffset: info.lastOffset + 1, done: false });
      }
      return result;
    } catch (thrown) {
      if (!(thrown instanceof TakesLongError)) return failedAppend(topic, index, partition, records, thrown);
      const place = { index, errorCode: 0, baseOffset: UNKNOWN_OFFSET, logAppendTimeMs: -1, logStartOffset: -1 };
      appends.aside.push(putAside(topic, partition!, place, thrown, context));
      return place;
    }
  }

  function failedAppend(
    topic: string,
    index: number,
    partition: Partition | undefined,
    records: Buffer | null,
    thrown: unknown,
  ): PartitionResult {
    const error = thrown instanceof KafkaError ? thrown : new KafkaError('UNKNOWN_SERVER_ERROR');
    if (!(thrown instanceof KafkaError)) {
      logger.error(`Error processing append operation on partition ${topic}-${index}`, { error: thrown });
    } else if (partition !== undefined) failures.refused(`${topic}-${index}`, error);
    // What was refused before the log was looked at counts as no failure of it.
    const looked = partition !== undefined && !KNOWN_FAILURES.has(error.error);
    services.traffic?.appendFailed(topic, error.error, looked, records?.length ?? 0);
    return failed(index, error, looked ? partition!.log.logStartOffset : UNKNOWN_OFFSET);
  }

  /** Settles what can be settled; true once nothing waits any more. */
  function settle(pending: readonly Pending[]): boolean {
    let open = 0;
    for (const entry of pending) {
      if (entry.done) continue;
      const outcome = entry.partition.acknowledgement(entry.requiredOffset);
      if (outcome === null) open++;
      else {
        entry.done = true;
        entry.result.errorCode = ERRORS[outcome].code;
      }
    }
    return open === 0;
  }

  function respond(
    request: ProduceRequest,
    responses: TopicResult[],
    context: RequestContext,
  ): HandlerResult<Response> {
    const throttleTimeMs = chargeProduce(services, context);
    if (request.acks === 0) {
      if (throttleTimeMs > 0) services.quotas.produce.noteThrottle(quotaClientOf(context), throttleTimeMs);
      context.mute(throttleTimeMs);
      const error = responses.flatMap((topic) => topic.partitionResponses).find(({ errorCode }) => errorCode !== 0);
      if (!error) return NO_ANSWER;
      logger.info(
        `Closing connection due to error during produce request with correlation id ${context.correlationId} from client id ${context.clientId} with ack=0`,
      );
      return CLOSE_CONNECTION;
    }
    const response: Response = { responses, throttleTimeMs };
    if (context.apiVersion < 10) return response;
    let leaders: Set<number> | null = null;
    for (const { name, partitionResponses } of responses) {
      for (const result of partitionResponses) {
        if (result.errorCode !== ERRORS.NOT_LEADER_OR_FOLLOWER.code) continue;
        result.currentLeader = currentLeader(services, name, result.index);
        leaders ??= new Set();
        leaders.add(result.currentLeader.leaderId);
      }
    }
    return leaders === null
      ? response
      : { ...response, nodeEndpoints: nodeEndpoints(services, leaders, context.listenerName) };
  }

  function handle(
    request: ProduceRequest,
    context: RequestContext,
  ): HandlerResult<Response> | Promise<HandlerResult<Response>> {
    if (request.transactionalId === null) {
      if (isTransactional(request)) throw new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED');
      return appendAll(request, context, null);
    }
    const appends = new VerifiedAppends(services, request.transactionalId, context.apiVersion);
    for (const { name, partitionData } of request.topicData) {
      for (const { index, records } of partitionData) {
        if (!services.metadata.contains(name, index) || !areSound(context.apiVersion, records)) continue;
        appends.add(name, index, records);
      }
    }
    if (!appends.begin()) return appendAll(request, context, appends);
    // The frame is not ours any more when the coordinator has answered.
    const kept = copyOf(request);
    forgetRecords(request);
    const release = context.hold(context.requestBytes);
    return appends
      .verify()
      .finally(release)
      .then(() => appendAll(kept, context, appends));
  }

  function appendAll(
    request: ProduceRequest,
    context: RequestContext,
    verified: VerifiedAppends | null,
  ): HandlerResult<Response> | Promise<HandlerResult<Response>> {
    const appends: Appends = { request, context, verified, pending: [], aside: [] };
    const responses: TopicResult[] = [];
    for (const { name, partitionData } of request.topicData) {
      if (partitionData.length === 0) continue;
      const partitionResponses = lastOfEach(partitionData).map(({ index, records }) =>
        append(name, index, records, appends, null),
      );
      responses.push({ name, partitionResponses });
    }
    const { timeoutMs } = request;
    if (appends.aside.length === 0) return acknowledged(appends, responses, timeoutMs);
    // What judging takes is time that the client waits.
    const untilMs = services.clock.monotonicMs() + timeoutMs;
    return appendAside(appends.aside, responses, services.recordsThread, context, {
      append: ({ topic, place, work }, judged) => append(topic, place.index, work.records, appends, judged),
      fail: ({ topic, place, partition, work }, thrown) =>
        failedAppend(topic, place.index, partition, work.records, thrown),
    }).then(() => acknowledged(appends, responses, untilMs - services.clock.monotonicMs()));
  }

  /** The answer, once the in-sync replicas have what they are to have, or `timeoutMs` from now have passed. */
  function acknowledged(
    { request, context, pending }: Appends,
    responses: TopicResult[],
    timeoutMs: number,
  ): HandlerResult<Response> | Promise<HandlerResult<Response>> {
    if (pending.length === 0 || settle(pending)) return respond(request, responses, context);
    forgetRecords(request);
    // The producer's next batches need not wait for this one's replicas (Kafka lets them): appended now, they are fetched
    // with it, and a stall is made up for at once. Not where an answer may silence the client before its next request.
    if (!services.quotas.isEnabled) context.letNextPass();
    return new Promise((resolve, reject) => {
      const lists = pending.filter(({ done }) => !done).map(({ partition }) => partition.producers);
      const attempt = (): boolean => {
        if (!settle(pending)) return false;
        resolve(respond(request, responses, context));
        return true;
      };
      const timedOut = (): void => {
        for (const entry of pending) if (!entry.done) entry.result.errorCode = ERRORS.REQUEST_TIMED_OUT.code;
        resolve(respond(request, responses, context));
      };
      new DelayedRequest(lists, attempt, timedOut, reject).start(services.clock, Math.max(0, timeoutMs));
    });
  }

  return handler({
    api: Produce,
    consumesInPlace: true,
    handle,
    fail: (error, request) => {
      if (request.acks === 0) return CLOSE_CONNECTION;
      const failure = { errorCode: error.code, baseOffset: UNKNOWN_OFFSET, errorMessage: specificMessage(error) };
      return {
        responses: request.topicData.map(({ name, partitionData }) => ({
          name,
          partitionResponses: partitionData.map(({ index }) => ({ index, ...failure })),
        })),
      };
    },
  });
}
