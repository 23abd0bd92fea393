import type { Admin } from './client/admin';

/** What brokers answer in a test: by API, given the request and (where it went to one) the broker. */
export type Answers = Readonly<Record<string, (request: never, broker?: number) => object>>;

export interface Topics {
  readonly [topic: string]: readonly (readonly number[])[];
}

/** An admin client of a cluster that a test makes up. `sent` holds what it was asked. */
export function fakeAdmin(brokers: readonly number[], topics: Topics, answers: Answers = {}) {
  const sent: (readonly [api: string, request: unknown, broker?: number])[] = [];
  const answer = (api: { readonly name: string }, request: unknown, broker?: number): object => {
    sent.push(broker === undefined ? [api.name, request] : [api.name, request, broker]);
    return answers[api.name]?.(request as never, broker) ?? NOTHING[api.name]!;
  };
  const metadata = async (names: readonly string[] | null) => ({
    topics: (names ?? Object.keys(topics)).map((name) => ({
      name,
      errorCode: topics[name] ? 0 : 3,
      partitions: (topics[name] ?? []).map((replicaNodes, partitionIndex) => ({
        partitionIndex,
        replicaNodes,
        leaderId: replicaNodes[0],
        errorCode: 0,
      })),
    })),
  });
  const nodes = brokers.map((id) => ({ id, host: 'h', port: 1, rack: null }));
  const node = (id: number) => nodes.find((each) => each.id === id);
  const sendToAny = async (api: { name: string }, request: unknown) => answer(api, request);
  const admin = {
    client: { nodes, node, metadata, sendToAny, options: { requestTimeoutMs: 1_000, logPrefix: '' } },
    call: (name: string, operation: (call: object) => unknown) => operation({ name, deadlineMs: 0 }),
    toAny: async (_: unknown, api: { name: string }, request: unknown) => answer(api, request),
    toController: async (_: unknown, api: { name: string }, request: unknown) => answer(api, request),
    toBroker: async (_: unknown, broker: number, api: { name: string }, request: unknown) =>
      answer(api, request, broker),
  };
  return { admin: admin as unknown as Admin, sent };
}

const NOTHING: Readonly<Record<string, object>> = {
  ListPartitionReassignments: { errorCode: 0, topics: [] },
  AlterPartitionReassignments: { errorCode: 0, responses: [] },
  IncrementalAlterConfigs: { responses: [] },
  DescribeLogDirs: { results: [] },
  AlterReplicaLogDirs: { results: [] },
};
