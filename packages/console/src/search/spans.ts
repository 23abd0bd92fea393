import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import type { Admin } from '@odradek/tools/client/admin';
import type { KafkaClient } from '@odradek/tools/client/client';
import { ServerError } from '@odradek/tools/tool-error';
import { EARLIEST, LATEST } from '../cluster/offsets';
import { badRequest } from '../http/answer';
import type { MessagesRequest } from './query';
import { type Span, startsOf } from './starts';

/** What there is to be read, before anything is. */
export interface Ground {
  readonly spans: readonly Span[];
  /** Where each partition is read from. */
  readonly starts: ReadonlyMap<number, number>;
  /** Partitions that have no leader now. */
  readonly unavailable: readonly number[];
}

/** Partitions by leader. Throws `ServerError` (UNKNOWN_TOPIC_OR_PARTITION), or `HttpError` for a partition that is none. */
async function leadersOf(admin: Admin, { topic: name, partitions: wanted }: MessagesRequest) {
  const { topics } = await admin.call('describeTopics', ({ deadlineMs }) => admin.client.metadata([name], deadlineMs));
  const topic = topics.find((each) => each.name === name);
  if (topic?.errorCode !== 0) throw new ServerError('UNKNOWN_TOPIC_OR_PARTITION', null, true);
  const leaders = new Map(topic.partitions.map(({ partitionIndex, leaderId }) => [partitionIndex, leaderId]));
  const missing = wanted?.find((partition) => !leaders.has(partition));
  if (missing !== undefined) throw badRequest(`${name} has ${leaders.size} partitions, and no partition ${missing}.`);
  return wanted ? new Map(wanted.map((partition) => [partition, leaders.get(partition)!])) : leaders;
}

/** What partitions hold and where they are to be read from. Throws `ToolError` or `HttpError`. */
export async function survey(admin: Admin, request: MessagesRequest): Promise<Ground> {
  const leaders = await leadersOf(admin, request);
  const unavailable = [...leaders].filter(([, leader]) => leader < 0).map(([partition]) => partition);
  const byLeader = new Map<number, number[]>();
  for (const [partition, leader] of leaders) {
    if (leader >= 0) byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition]);
  }
  const at = async (timestamp: number): Promise<Map<number, number>> => {
    const answers = [...byLeader].map(([leader, partitions]) =>
      offsetsAt(admin.client, leader, partitions, timestamp, request),
    );
    return new Map((await Promise.all(answers)).flat());
  };
  const { from } = request;
  const [starts, ends, atTime] = await Promise.all([
    at(EARLIEST),
    at(LATEST),
    from.at === 'time' ? at(from.timeMs) : new Map<number, number>(),
  ]);
  const spans = [...ends].map(([partition, end]) => ({ partition, start: starts.get(partition) ?? end, end }));
  return { spans, starts: startsOf(spans, from, atTime), unavailable };
}

async function offsetsAt(
  client: KafkaClient,
  leader: number,
  partitions: readonly number[],
  timestamp: number,
  { topic, isCommittedOnly }: MessagesRequest,
): Promise<[number, number][]> {
  const asked = partitions.map((partitionIndex) => ({ partitionIndex, timestamp }));
  const topics = [{ name: topic, partitions: asked }];
  const isolationLevel = isCommittedOnly ? 1 : 0;
  const answer = await client.sendTo(leader, ListOffsets, { replicaId: -1, isolationLevel, topics });
  return answer.topics.flatMap(({ partitions: answers }) =>
    answers
      .filter(({ errorCode }) => errorCode === 0)
      .map(({ partitionIndex, offset }): [number, number] => [partitionIndex, offset]),
  );
}
