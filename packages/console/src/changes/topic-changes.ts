import { errorName } from '@odradek/protocol/errors';
import { CreatePartitions } from '@odradek/protocol/messages/create-partitions';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { ElectLeaders as ElectLeadersApi } from '@odradek/protocol/messages/elect-leaders';
import type { Admin } from '@odradek/tools/client/admin';
import { changeConfigs } from '@odradek/tools/client/config-changes';
import { TOPIC_RESOURCE } from '@odradek/tools/client/config-resources';
import { toTopics } from '@odradek/tools/client/partitions';
import { ServerError } from '@odradek/tools/tool-error';
import type { AddPartitions, AlterConfigs, CreateTopic, Elected, ElectLeaders } from '../api';

const BROKER_DEFAULT = -1;
const PREFERRED = 0;
/** From this version on topics are deleted by a struct, before by their names. */
const FIRST_WITH_STRUCTS = 6;

interface Outcome {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** Throws the refusal of the first, `ServerError`. Not tried again: who changes something wants to know at once. */
function refuse(outcomes: readonly Outcome[]): void {
  for (const { errorCode, errorMessage } of outcomes) {
    if (errorCode !== 0) throw new ServerError(errorName(errorCode), errorMessage, true);
  }
}

const firstError = (outcomes: readonly Outcome[]): number => outcomes[0]?.errorCode ?? 0;

/** Throws `ServerError` (UNKNOWN_TOPIC_OR_PARTITION) where there is no topic of that name. */
export async function requireTopic(admin: Admin, name: string): Promise<void> {
  const { topics } = await admin.call('describeTopics', ({ deadlineMs }) => admin.client.metadata([name], deadlineMs));
  refuse(topics.map(({ errorCode }) => ({ errorCode, errorMessage: null })));
}

/** Each of these throws `ToolError` in Kafka's words. */
export async function createTopic(admin: Admin, wanted: CreateTopic): Promise<void> {
  const { name, partitions = BROKER_DEFAULT, replicationFactor = BROKER_DEFAULT, configs = {} } = wanted;
  const topic = {
    name,
    numPartitions: partitions,
    replicationFactor,
    assignments: [],
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
  };
  await admin.call('createTopics', async (call) => {
    const request = { topics: [topic], timeoutMs: admin.client.options.requestTimeoutMs };
    const { topics } = await admin.toController(call, CreateTopics, request, (answer) => firstError(answer.topics));
    refuse(topics);
  });
}

export async function deleteTopic(admin: Admin, name: string): Promise<void> {
  await admin.call('deleteTopics', async (call) => {
    const timeoutMs = admin.client.options.requestTimeoutMs;
    const request = (version: number) =>
      version >= FIRST_WITH_STRUCTS ? { topics: [{ name }], timeoutMs } : { topicNames: [name], timeoutMs };
    const { responses } = await admin.toController(call, DeleteTopics, request, (answer) =>
      firstError(answer.responses),
    );
    refuse(responses);
  });
}

export async function alterTopicConfigs(admin: Admin, name: string, { set }: AlterConfigs): Promise<void> {
  await changeConfigs(admin, [{ resourceType: TOPIC_RESOURCE, resourceName: name, values: set }]);
}

export async function addPartitions(admin: Admin, name: string, { total }: AddPartitions): Promise<void> {
  const request = {
    topics: [{ name, count: total, assignments: null }],
    timeoutMs: admin.client.options.requestTimeoutMs,
    validateOnly: false,
  };
  await admin.call('createPartitions', async (call) => {
    const { results } = await admin.toController(call, CreatePartitions, request, (answer) =>
      firstError(answer.results),
    );
    refuse(results);
  });
}

/** Lets the preferred replicas lead, where they do not. */
export async function electPreferred(admin: Admin, { partitions }: ElectLeaders): Promise<Elected> {
  const request = {
    electionType: PREFERRED,
    topicPartitions: partitions ? toTopics(partitions) : null,
    timeoutMs: admin.client.options.requestTimeoutMs,
  };
  const { replicaElectionResults } = await admin.call('electLeaders', async (call) => {
    const answer = await admin.toController(call, ElectLeadersApi, request, ({ errorCode }) => errorCode);
    // Not tried again: whether the election took place is not known.
    if (answer.errorCode !== 0) throw new ServerError(errorName(answer.errorCode), null, true);
    return answer;
  });
  const results = replicaElectionResults.flatMap(({ topic, partitionResult }) =>
    partitionResult.map(({ partitionId: partition, errorCode, errorMessage }) => {
      const error = errorName(errorCode);
      return { topic, partition, error, text: errorMessage ? `${error}: ${errorMessage}` : error };
    }),
  );
  return {
    elected: results.filter(({ error }) => error === 'NONE').map(({ topic, partition }) => ({ topic, partition })),
    // A partition that its preferred replica leads already is as it was wished for.
    failed: results
      .filter(({ error }) => error !== 'NONE' && error !== 'ELECTION_NOT_NEEDED')
      .map(({ topic, partition, text }) => ({ topic, partition, error: text })),
  };
}
