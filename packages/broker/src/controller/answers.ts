import type { ControlResponse } from './channels';
import type { ControlRequest } from './requests';
import { type PartitionId, partitionKey } from './state';

type RequestOfType<Type> = Extract<ControlRequest, { readonly type: Type }>;
type ResponseOfType<Type> = Extract<ControlResponse, { readonly type: Type }>;

/** What a broker said of each replica that it was to delete. */
export function deletionAnswers(
  { request }: RequestOfType<'stop-replica'>,
  { response }: ResponseOfType<'stop-replica'>,
): { readonly id: PartitionId; readonly deleted: boolean }[] {
  const errors = response.partitionErrors.filter(({ errorCode }) => errorCode !== 0);
  const refused = new Set(errors.map(({ topicName, partitionIndex }) => partitionKey(topicName, partitionIndex)));
  const failed = ({ topic, partition }: PartitionId): boolean =>
    response.errorCode !== 0 || refused.has(partitionKey(topic, partition));
  return (request.topicStates ?? []).flatMap(({ topicName, partitionStates }) =>
    (partitionStates ?? [])
      .filter(({ deletePartition }) => deletePartition)
      .map(({ partitionIndex }) => ({ topic: topicName!, partition: partitionIndex! }))
      .map((id) => ({ id, deleted: !failed(id) })),
  );
}

/** What a broker said of each replica that it was to lead or follow; nothing where it refused the whole request. */
export function leaderAndIsrAnswers(
  { request }: RequestOfType<'leader-and-isr'>,
  { response }: ResponseOfType<'leader-and-isr'>,
): { readonly id: PartitionId; readonly errorCode: number }[] {
  if (response.errorCode !== 0) return [];
  const names = new Map((request.topicStates ?? []).map(({ topicName, topicId }) => [topicId, topicName]));
  return response.topics.flatMap(({ topicId, partitionErrors }) => {
    const topic = names.get(topicId);
    if (topic === undefined) return [];
    return partitionErrors.map(({ partitionIndex, errorCode }) => ({
      id: { topic, partition: partitionIndex },
      errorCode,
    }));
  });
}
