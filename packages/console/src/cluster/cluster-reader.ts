import { APIS } from '@odradek/protocol/messages';
import type { Admin } from '@odradek/tools/client/admin';
import { listReassignments, type Reassignment } from '@odradek/tools/client/reassignments';
import { ServerError } from '@odradek/tools/tool-error';
import type {
  Broker,
  BrokerDetails,
  Cluster,
  Config,
  GroupDetails,
  GroupSummary,
  TopicDetails,
  TopicSummary,
} from '../api';
import { Cached, CachedByKey, type Now, PerBroker } from './cached';
import { readBrokerConfigs, readMinIsrs, readTopicConfigs } from './configs';
import { detailsOf, groupsOfTopic, summaryOf } from './group-views';
import { type GroupFacts, readGroupIds, readGroups } from './groups';
import { KnownGroups } from './known-groups';
import { type BrokerLogs, readLogDirs } from './log-dirs';
import { EARLIEST, LATEST, ledBy, mergeOffsets, type Offsets, readOffsets } from './offsets';
import { type LogFacts, partitionList, topicSummary } from './topic-views';
import { allBrokerIds, loadsOf, readTopology, type Topology, topicOf } from './topology';
import { troublesOf } from './troubles';

/** What changes slowly, or takes its brokers a while to find out, is asked for less often. */
const SLOW_MS = 5_000;
const SIZES_MS = 2_000;

/** Lends a client of the cluster for one piece of work. */
export type WithAdmin = <R>(work: (admin: Admin) => Promise<R>) => Promise<R>;

/** The cluster as the page shows it, read as any client reads it. Every answer is shared by all who look. */
export class ClusterReader {
  private readonly topology: Cached<Topology>;
  private readonly logs: PerBroker<BrokerLogs>;
  private readonly ends: PerBroker<Offsets>;
  private readonly starts: PerBroker<Offsets>;
  private readonly minIsrs: Cached<ReadonlyMap<string, number>>;
  private readonly reassignments: Cached<ReadonlyMap<string, Reassignment>>;
  private readonly groupIds: PerBroker<readonly string[]>;
  private readonly groupsOf: PerBroker<readonly GroupFacts[]>;
  private readonly knownGroups = new KnownGroups();
  private readonly oneGroup: CachedByKey<string, GroupFacts>;
  private readonly topicConfigs: CachedByKey<string, readonly Config[]>;
  private readonly brokerConfigs: CachedByKey<number, readonly Config[]>;

  constructor(
    private readonly withAdmin: WithAdmin,
    /** The broker that the console is part of. */
    private readonly hostId: number,
    private readonly now: Now = Date.now,
  ) {
    const offsetsAt = (timestamp: number) => async (id: number) => {
      const led = ledBy(await this.topology.get(), id);
      return withAdmin(({ client }) => readOffsets(client, id, led, timestamp));
    };
    this.topology = new Cached(() => withAdmin(readTopology), now);
    this.logs = new PerBroker((id) => withAdmin(({ client }) => readLogDirs(client, id)), now, SIZES_MS);
    this.ends = new PerBroker(offsetsAt(LATEST), now);
    this.starts = new PerBroker(offsetsAt(EARLIEST), now, SLOW_MS);
    this.minIsrs = new Cached(() => this.readAllMinIsrs(), now, SLOW_MS);
    this.reassignments = new Cached(
      () => withAdmin((admin) => admin.call('listReassignments', (call) => listReassignments(admin, call, null))),
      now,
    );
    this.groupIds = new PerBroker((id) => withAdmin(({ client }) => readGroupIds(client, id)), now);
    this.groupsOf = new PerBroker(
      (id) => withAdmin(async ({ client }) => readGroups(client, id, await readGroupIds(client, id))),
      now,
    );
    this.oneGroup = new CachedByKey((groupId) => this.readGroup(groupId), now);
    this.brokerConfigs = new CachedByKey((id) => withAdmin((admin) => readBrokerConfigs(admin, id)), now, SLOW_MS);
    this.topicConfigs = new CachedByKey((topic) => withAdmin((admin) => readTopicConfigs(admin, topic)), now, SLOW_MS);
  }

  /** Nobody looks any more, or something was changed: nothing that is known is shown to who looks next. */
  forget(): void {
    const { topology, logs, ends, starts, minIsrs, reassignments, groupIds, groupsOf, oneGroup } = this;
    const ofCluster = [topology, logs, ends, starts, minIsrs, reassignments];
    for (const each of [...ofCluster, groupIds, groupsOf, oneGroup]) each.invalidate();
    for (const each of [this.topicConfigs, this.brokerConfigs]) each.invalidate();
  }

  async cluster(): Promise<Cluster> {
    const topology = await this.topology.get();
    const logs = await this.logsOf(topology);
    const { partitions, ...counts } = await this.troubles(topology, logs);
    const topics = [...topology.topics.values()];
    return {
      clusterId: topology.clusterId,
      controllerId: topology.controllerId,
      brokers: this.brokersOf(topology, logs),
      totals: {
        topics: topics.length,
        partitions: topics.reduce((sum, topic) => sum + topic.partitions.length, 0),
        bytes: [...logs.values()].reduce((sum, each) => sum + (each?.bytes ?? 0), 0),
        ...counts,
      },
      troubled: partitions,
      atMs: this.now(),
    };
  }

  private brokersOf(topology: Topology, logs: ReadonlyMap<number, BrokerLogs | null>): Broker[] {
    const loads = loadsOf(topology);
    return allBrokerIds(topology).map((id) => {
      const node = topology.brokers.find((broker) => broker.id === id);
      return {
        id,
        alive: node !== undefined,
        host: node?.host ?? null,
        port: node?.port ?? null,
        rack: node?.rack ?? null,
        isController: id === topology.controllerId,
        isConsoleHost: id === this.hostId,
        ...loads.get(id)!,
        bytes: logs.get(id)?.bytes ?? null,
      };
    });
  }

  private async troubles(topology: Topology, logs: ReadonlyMap<number, BrokerLogs | null>) {
    const lagOf = (id: number, topic: string, partition: number): number | undefined =>
      logs.get(id)?.replicas.get(topic)?.get(partition)?.offsetLag;
    const [minIsrs, reassignments] = await Promise.all([
      this.minIsrs.get().catch(() => new Map<string, number>()),
      this.movesOf(topology),
    ]);
    return troublesOf(topology, { minIsrs, reassignments, lagOf });
  }

  /** What is being moved explains replicas that are missing: where none is, nobody is asked. */
  private async movesOf({ topics }: Topology): Promise<ReadonlyMap<string, Reassignment>> {
    const partitions = [...topics.values()].flatMap((topic) => topic.partitions);
    if (partitions.every(({ replicas, isr }) => isr.length >= replicas.length)) return new Map();
    return this.reassignments.get().catch(() => new Map());
  }

  private async readAllMinIsrs(): Promise<ReadonlyMap<string, number>> {
    const { topics } = await this.topology.get();
    return this.withAdmin((admin) => readMinIsrs(admin, [...topics.keys()]));
  }

  /** Throws `ServerError` (BROKER_NOT_AVAILABLE) where it is not alive. */
  async broker(id: number): Promise<BrokerDetails> {
    const topology = await this.topology.get();
    const node = topology.brokers.find((broker) => broker.id === id);
    if (!node) throw new ServerError('BROKER_NOT_AVAILABLE', `Broker ${id} is not alive.`);
    const [logs, configs, advertised] = await Promise.all([
      this.logs.of([id]),
      this.brokerConfigs.get(id),
      this.withAdmin(async ({ client }) => (await client.connectTo(id)).advertised),
    ]);
    const endpoints = configs.find(({ name }) => name === 'advertised.listeners')?.value;
    const listeners = configs.find(({ name }) => name === 'listeners')?.value;
    return {
      id,
      host: node.host,
      port: node.port,
      rack: node.rack,
      isController: id === topology.controllerId,
      endpoints: (endpoints || listeners || '').split(',').filter((text) => text !== ''),
      apis: [...advertised]
        .map(([key, { minVersion: min, maxVersion: max }]) => ({ key, name: apiName(key), min, max }))
        .sort((a, b) => a.key - b.key),
      logDirs: logs.get(id)?.dirs ?? [],
      configs,
    };
  }

  async topics(): Promise<TopicSummary[]> {
    const topology = await this.topology.get();
    const facts = await this.logFacts(topology);
    return [...topology.topics.values()].map((topic) => topicSummary(topic, facts));
  }

  /** Throws `ServerError` (UNKNOWN_TOPIC_OR_PARTITION). */
  async topic(name: string): Promise<TopicDetails> {
    const topology = await this.topology.get();
    const topic = topicOf(topology, name);
    const [facts, configs, groups] = await Promise.all([
      this.logFacts(topology),
      this.topicConfigs.get(name),
      this.allGroups(topology),
    ]);
    const alive = new Set(topology.brokers.map(({ id }) => id));
    return {
      ...topicSummary(topic, facts),
      partitionList: partitionList(topic, facts, alive),
      configs,
      groups: groupsOfTopic(groups, name, { topology, ends: facts.ends }),
    };
  }

  async groups(): Promise<GroupSummary[]> {
    const topology = await this.topology.get();
    const [groups, ends] = await Promise.all([this.allGroups(topology), this.endsOf(topology)]);
    return groups.map((facts) => summaryOf(facts, { topology, ends }));
  }

  /** Throws `ServerError` (GROUP_ID_NOT_FOUND). */
  async group(groupId: string): Promise<GroupDetails> {
    const topology = await this.topology.get();
    const [facts, ends] = await Promise.all([this.oneGroup.get(groupId), this.endsOf(topology)]);
    return detailsOf(facts, { topology, ends });
  }

  /** Not by FindCoordinator, for which a broker makes the topic of groups: who looks changes nothing. */
  private async readGroup(groupId: string): Promise<GroupFacts> {
    const { brokers } = await this.topology.get();
    const lists = await this.groupIds.of(brokers.map(({ id }) => id));
    const coordinator = [...lists].find(([, groupIds]) => groupIds?.includes(groupId))?.[0];
    if (coordinator === undefined) {
      const isComplete = [...lists.values()].every((groupIds) => groupIds !== null);
      throw new ServerError(isComplete ? 'GROUP_ID_NOT_FOUND' : 'COORDINATOR_NOT_AVAILABLE');
    }
    const [facts] = await this.withAdmin(({ client }) => readGroups(client, coordinator, [groupId]));
    return facts!;
  }

  private async allGroups({ brokers }: Topology): Promise<GroupFacts[]> {
    const answers = await this.groupsOf.of(brokers.map(({ id }) => id));
    return this.knownGroups.merge(answers.values(), this.now());
  }

  private logsOf({ brokers }: Topology): Promise<Map<number, BrokerLogs | null>> {
    return this.logs.of(brokers.map(({ id }) => id));
  }

  private async endsOf({ brokers }: Topology): Promise<Offsets> {
    return mergeOffsets((await this.ends.of(brokers.map(({ id }) => id))).values());
  }

  private async logFacts(topology: Topology): Promise<LogFacts> {
    const ids = topology.brokers.map(({ id }) => id);
    const [starts, ends, logs] = await Promise.all([this.starts.of(ids), this.endsOf(topology), this.logsOf(topology)]);
    return { starts: mergeOffsets(starts.values()), ends, logs };
  }
}

const apiNames: ReadonlyMap<number, string> = new Map(APIS.map(({ key, name }) => [key, name]));
const apiName = (key: number): string => apiNames.get(key) ?? `API ${key}`;
