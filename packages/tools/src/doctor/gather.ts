import { type ErrorName, errorName } from '@odradek/protocol/errors';
import { DescribeConfigs } from '@odradek/protocol/messages/describe-configs';
import { DescribeLogDirs } from '@odradek/protocol/messages/describe-log-dirs';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { Metadata } from '@odradek/protocol/messages/metadata';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import type { Address } from '../client/addresses';
import type { AnyApi, Connection, RequestFor } from '../client/connection';
import { ToolError } from '../tool-error';
import { interBrokerAddress } from './address-checks';
import { OFFSETS } from './cluster-checks';
import { type Call, dial } from './dial';
import type { BrokerFacts, ClusterFacts, Dialled, Facts, LogDirFacts, PartitionFacts } from './facts';

const BROKER = 4;
const GROUP = 0;
const BATCHED_COORDINATORS = 4;
/** What a broker says to whom it takes for another (ConfigHelper). */
const WRONG_BROKER = /Unexpected broker id, expected (\d+)/;

/** Asks brokers, and takes a refusal or silence for no answer. */
class Questions {
  constructor(private readonly timeoutMs: number) {}

  async ask<A extends AnyApi>(connection: Connection, api: A, request: RequestFor<A>): Promise<ResponseOf<A> | null> {
    try {
      return await connection.send(api, request, this.timeoutMs);
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
      return null;
    }
  }

  dial(address: Address): Promise<Call> {
    return dial(address, this.timeoutMs);
  }
}

/** Finds out all that there is to know: dials the bootstrap list, then every broker where it says that it is. */
export async function gather(bootstrap: readonly Address[], timeoutMs: number): Promise<Facts> {
  const questions = new Questions(timeoutMs);
  const dialled: Dialled[] = [];
  let cluster: ClusterFacts | null = null;
  for (const address of bootstrap) {
    const { reach, connection } = await questions.dial(address);
    dialled.push({ ...address, reach });
    if (connection === null) continue;
    cluster ??= await clusterThrough(questions, connection, address);
    connection.close();
  }
  return { bootstrap: dialled, cluster };
}

async function clusterThrough(
  questions: Questions,
  connection: Connection,
  through: Address,
): Promise<ClusterFacts | null> {
  const metadata = await questions.ask(connection, Metadata, { topics: null, allowAutoTopicCreation: false });
  if (metadata === null) return null;
  // Where it is not there yet, to ask would make it: whoever looks changes nothing.
  const hasOffsets = metadata.topics.some(({ name }) => name === OFFSETS);
  const groupCoordinator = hasOffsets ? await coordinatorError(questions, connection) : 'NONE';
  const { clusterId, controllerId } = metadata;
  // A broker lists them in any order.
  const named = [...metadata.brokers].sort((one, other) => one.nodeId - other.nodeId);
  const here = await whoAnswers(questions, connection, named[0]?.nodeId ?? 0);
  const brokers: BrokerFacts[] = [];
  for (const { nodeId: id, host, port } of named) {
    const broker = await brokerAt(questions, { id, host, port });
    // Where it says to be it may not be reached; here it is.
    const isHere = broker.answeringId === null && here.answeringId === id;
    brokers.push(isHere ? { ...broker, settings: here.settings } : broker);
  }
  const throughId = here.answeringId;
  const itself = brokers.length === 0 ? await itselfOf(questions, here) : null;
  const partitions = partitionsOf(metadata);
  return { through, throughId, clusterId, controllerId, brokers, itself, partitions, groupCoordinator };
}

/** A broker that has heard of nobody, dialled where other brokers are told to find it; null where it does not say where that is. */
async function itselfOf(questions: Questions, { answeringId: id, settings }: Identity): Promise<BrokerFacts | null> {
  const address = interBrokerAddress(settings);
  if (id === null || address === null) return null;
  return { ...(await brokerAt(questions, { id, ...address })), settings };
}

/** Whose connection this is, and its settings. */
async function whoAnswers(questions: Questions, connection: Connection, guess: number): Promise<Identity> {
  const first = await identityOf(questions, connection, guess);
  const { answeringId } = first;
  return answeringId === null || answeringId === guess ? first : identityOf(questions, connection, answeringId);
}

function partitionsOf({ topics }: ResponseOf<typeof Metadata>): PartitionFacts[] {
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, leaderId, replicaNodes, isrNodes }) => ({
      ...{ topic: name ?? '', partition: partitionIndex },
      ...{ leader: leaderId, replicas: replicaNodes, isr: isrNodes },
    })),
  );
}

async function coordinatorError(questions: Questions, connection: Connection): Promise<ErrorName> {
  const key = 'kafka-doctor';
  const answer = await questions.ask(connection, FindCoordinator, (version) =>
    version < BATCHED_COORDINATORS ? { key, keyType: GROUP } : { coordinatorKeys: [key], keyType: GROUP },
  );
  if (answer === null) return 'NETWORK_EXCEPTION';
  return errorName(answer.coordinators[0]?.errorCode ?? answer.errorCode);
}

async function brokerAt(questions: Questions, broker: Address & { readonly id: number }): Promise<BrokerFacts> {
  const { reach, connection } = await questions.dial(broker);
  if (connection === null) return { ...broker, reach, answeringId: null, settings: new Map(), logDirs: [] };
  const identity = await identityOf(questions, connection, broker.id);
  const logDirs = await logDirsOf(questions, connection);
  connection.close();
  return { ...broker, reach, ...identity, logDirs };
}

type Identity = Pick<BrokerFacts, 'answeringId' | 'settings'>;

/** A broker tells its settings under its own id only, and corrects whoever asks for another's. */
async function identityOf(questions: Questions, connection: Connection, id: number): Promise<Identity> {
  const resources = [{ resourceType: BROKER, resourceName: String(id), configurationKeys: null }];
  const answer = await questions.ask(connection, DescribeConfigs, { resources });
  const result = answer?.results[0];
  if (result === undefined) return { answeringId: null, settings: new Map() };
  const other = WRONG_BROKER.exec(result.errorMessage ?? '');
  if (other !== null) return { answeringId: Number(other[1]), settings: new Map() };
  const settings = result.configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const]));
  return { answeringId: result.errorCode === 0 ? id : null, settings: new Map(settings) };
}

async function logDirsOf(questions: Questions, connection: Connection): Promise<LogDirFacts[]> {
  const answer = await questions.ask(connection, DescribeLogDirs, { topics: [] });
  return (answer?.results ?? []).map(({ logDir, errorCode, usableBytes, totalBytes }) => ({
    path: logDir,
    error: errorName(errorCode),
    usableBytes: usableBytes < 0 ? null : usableBytes,
    totalBytes: totalBytes < 0 ? null : totalBytes,
  }));
}
