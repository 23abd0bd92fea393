import type { ParsedConfig } from '../config/config-def';
import { AlreadyExistsError, asToolError, NotFoundError } from '../errors';
import { JavaHashMap } from '../java/hash-map';
import type { Logger } from '../log';
import type { Props } from '../plugins/api';
import { ConnectorEntry, inHashOrder, type Status, type TaskEntry } from './connector-entry';
import { OffsetsAdmin } from './offsets-admin';
import { Serial } from './pace';
import { Reloads } from './reloads';
import { BadRequestError } from './rest-error';
import type { TargetState } from './task';
import { type ConfigInfos, requireValid, Validation } from './validation';
import type { Worker } from './worker';

const HERDER = 'org.apache.kafka.connect.runtime.standalone.StandaloneHerder';

/** A status as answers show it. */
export type StatusInfo = Status & { readonly worker_id: string };

export interface ConnectorStatus {
  readonly name: string;
  readonly connector: StatusInfo;
  readonly tasks: readonly (StatusInfo & { readonly id: number })[];
  readonly type: 'source' | 'sink';
}

export interface ConnectorInfo {
  readonly name: string;
  readonly config: Props;
  readonly tasks: readonly { readonly connector: string; readonly task: number }[];
  readonly type: 'source' | 'sink';
}

export interface RestartRequest {
  readonly includeTasks: boolean;
  readonly onlyFailed: boolean;
}

/** Keeps a standalone worker's connectors: what changes them happens one after another (StandaloneHerder). */
export class Herder {
  private readonly connectors = new Map<string, ConnectorEntry>();
  private readonly turns = new Serial();
  private readonly log: Logger;
  private readonly validation: Validation;
  private readonly reloads: Reloads<ConnectorEntry>;
  readonly offsets: OffsetsAdmin;

  constructor(
    readonly worker: Worker,
    readonly clusterId: string | null,
  ) {
    this.log = worker.loggers.logger(HERDER);
    this.validation = new Validation(worker.plugins, worker.config);
    this.reloads = new Reloads(this.log, (entry) => this.reload(entry));
    this.offsets = new OffsetsAdmin(worker);
  }

  async start(): Promise<void> {
    this.log.info('Herder starting');
    await this.worker.start();
    this.log.info('Herder started');
  }

  /** Stops all connectors; tasks have task.shutdown.graceful.timeout.ms for it. */
  async stop(): Promise<void> {
    this.log.info('Herder stopping');
    await this.turns.run(async () => {
      await Promise.all([...this.connectors.values()].map((entry) => this.stopTasks(entry)));
      for (const entry of this.connectors.values()) await this.stopConnector(entry);
    });
    this.log.info('Herder stopped');
  }

  /** A connector's settings, or those of one of its tasks, with what config providers give in the place of references. */
  private async resolved(entry: ConnectorEntry, props: Props): Promise<Props> {
    const { props: resolved, ttlMs } = await this.worker.transformer.transform(props);
    const reloads = (entry.config.get('config.action.reload') ?? 'restart') === 'restart';
    if (ttlMs !== undefined && reloads) this.reloads.schedule(entry, entry.name, ttlMs);
    return resolved;
  }

  /** Restarts a connector with its tasks, which had old values of config providers. */
  private reload(entry: ConnectorEntry): void {
    void this.turns
      .run(() => (this.isCurrent(entry) ? this.restartNow(entry, true, entry.tasks) : undefined))
      .catch((thrown) => this.log.error(`Connector '${entry.name}' restart failed`, asToolError(thrown)));
  }

  /** Whether it is still the one of its name, neither deleted nor given another configuration. */
  private isCurrent(entry: ConnectorEntry): boolean {
    return this.connectors.get(entry.name) === entry;
  }

  /** The names of all connectors, in Java's order. */
  names(): string[] {
    return inHashOrder([...this.connectors.keys()]);
  }

  private entry(name: string, message = `Connector ${name} not found`): ConnectorEntry {
    const entry = this.connectors.get(name);
    if (!entry) throw new NotFoundError(message);
    return entry;
  }

  info(name: string): ConnectorInfo {
    const { config, tasks, plugin } = this.entry(name);
    return { name, config, tasks: tasks.map(({ id }) => ({ connector: name, task: id })), type: plugin.type };
  }

  status(name: string): ConnectorStatus {
    const entry = this.entry(name, `No status found for connector ${name}`);
    const tasks = entry.tasks.map(({ id, status }) => ({ id, ...this.shown(status) }));
    return { name, connector: this.shown(entry.status), tasks, type: entry.plugin.type };
  }

  private shown({ state, trace }: Status): StatusInfo {
    return { state, worker_id: this.worker.id, ...(trace !== undefined && { trace }) };
  }

  taskStatus(name: string, taskId: number): StatusInfo & { readonly id: number } {
    const task = this.connectors.get(name)?.tasks[taskId];
    if (!task) throw new NotFoundError(`No status found for task ${name}-${taskId}`);
    return { id: taskId, ...this.shown(task.status) };
  }

  tasks(name: string): readonly TaskEntry[] {
    return this.entry(name).tasks;
  }

  topics(name: string): string[] {
    return inHashOrder([...(this.connectors.get(name)?.topics ?? [])]);
  }

  resetTopics(name: string): void {
    this.connectors.get(name)?.topics.clear();
  }

  /** All settings of a connector and what is wrong with them. Rejects with `ToolError` where there is no such connector. */
  async validate(props: Props): Promise<ConfigInfos> {
    return this.validation.validate((await this.worker.transformer.transform(props)).props);
  }

  /**
   * Makes a connector, or gives it another configuration. Returns whether it is new. Throws `BadRequestError` for settings
   * that do not do, `AlreadyExistsError` where it may not be replaced, `ConnectError` where it does not start.
   */
  putConfig(name: string, props: Props, target: TargetState | undefined, mayReplace: boolean): Promise<boolean> {
    return this.turns.run(() => this.put(name, props, target, mayReplace));
  }

  private async put(name: string, props: Props, target: TargetState | undefined, mayReplace: boolean) {
    const { plugins, loggers, transformer } = this.worker;
    const { props: resolved } = await transformer.transform(props);
    requireValid(this.validation.validate(resolved));
    const old = this.connectors.get(name);
    if (old && !mayReplace) throw new AlreadyExistsError(`Connector ${name} already exists`);
    if (old) await this.end(old);
    const plugin = plugins.connector(resolved.get('connector.class')!)!;
    const log = loggers.logger('org.apache.kafka.connect.runtime.WorkerConnector', `[${name}|worker] `);
    const entry: ConnectorEntry = new ConnectorEntry(name, plugin, props, target ?? old?.target ?? 'STARTED', log, () =>
      this.reconfigure(entry),
    );
    this.connectors.set(name, entry);
    log.info(`Creating connector ${name} of type ${plugin.className}`);
    await this.startConnector(entry);
    await this.updateTasks(entry);
    return !old;
  }

  private async startConnector(entry: ConnectorEntry): Promise<void> {
    await entry.start(() => this.resolved(entry, entry.config));
  }

  private async stopConnector(entry: ConnectorEntry): Promise<void> {
    this.reloads.cancel(entry);
    await entry.stop();
  }

  /** Changes some settings; null ones are taken away (KIP-477). */
  patchConfig(name: string, changes: ReadonlyMap<string, string | null>): Promise<boolean> {
    return this.turns.run(() => {
      const config = JavaHashMap.copyOf(this.entry(name).config);
      for (const [key, value] of changes) {
        if (value === null) config.delete(key);
        else config.set(key, value);
      }
      return this.put(name, config, undefined, true);
    });
  }

  private reconfigure(entry: ConnectorEntry): void {
    void this.turns
      .run(() => (this.isCurrent(entry) ? this.updateTasks(entry) : undefined))
      .catch((thrown) => this.log.error(`Failed to reconfigure connector ${entry.name}`, asToolError(thrown)));
  }

  /** Has the connector divide its work anew, and its tasks replaced where that comes out otherwise. */
  private async updateTasks(entry: ConnectorEntry): Promise<void> {
    if (!entry.isRunning) {
      if (entry.target === 'STARTED') {
        this.log.info(`Skipping update of tasks for connector ${entry.name} since it is not running`);
      }
      return;
    }
    const config = this.worker.connectorConfig(entry.plugin, await this.resolved(entry, entry.config));
    const props = await this.taskProps(entry, config).catch((thrown) => {
      // As Apache's worker has it where they are too many (Worker.connectorTaskConfigs): what is FAILED can be seen, and restarted.
      const error = asToolError(thrown);
      entry.fail(error);
      throw error;
    });
    const isSame =
      props.length === entry.tasks.length && props.every((each, id) => isEqual(each, entry.tasks[id]!.props));
    if (isSame) return;
    await this.stopTasks(entry);
    entry.tasks = props.map((each, id) => ({ id, props: each, status: { state: 'UNASSIGNED' }, task: undefined }));
    for (const task of entry.tasks) await this.startTask(entry, task);
  }

  private async taskProps(entry: ConnectorEntry, config: ParsedConfig): Promise<Props[]> {
    const props = await entry.taskProps(config.number('tasks.max'));
    this.worker.checkTaskCount(entry.name, props.length, config);
    return props;
  }

  private async startTask(entry: ConnectorEntry, task: TaskEntry): Promise<void> {
    const { name, plugin, target } = entry;
    const listener = entry.listenerOf(task);
    const used = this.worker.config.parsed.boolean('topic.tracking.enable')
      ? (topic: string) => void entry.topics.add(topic)
      : () => undefined;
    try {
      const connectorProps = await this.resolved(entry, entry.config);
      const taskProps = await this.resolved(entry, task.props);
      const plan = { connector: name, taskId: task.id, plugin, connectorProps, taskProps };
      task.task = await this.worker.createTask({ ...plan, target, listener, used });
      task.task.start();
    } catch (thrown) {
      const error = asToolError(thrown);
      this.log.error(`Failed to start task ${name}-${task.id}`, error);
      listener.onFailure(error);
    }
  }

  private async stopTasks(entry: ConnectorEntry, tasks = entry.tasks): Promise<void> {
    const timeoutMs = this.worker.config.parsed.number('task.shutdown.graceful.timeout.ms');
    for (const { task } of tasks) task?.requestStop();
    await Promise.all(
      tasks.map(async ({ id, task }) => {
        const isGraceful = !task || (await task.awaitStop(timeoutMs));
        if (isGraceful) return;
        this.log.error(`Graceful stop of task ${entry.name}-${id} failed.`);
        task.cancel();
      }),
    );
  }

  private async end(entry: ConnectorEntry): Promise<void> {
    await this.stopTasks(entry);
    await this.stopConnector(entry);
  }

  delete(name: string): Promise<void> {
    return this.turns.run(async () => {
      await this.end(this.entry(name));
      this.connectors.delete(name);
    });
  }

  /** Pauses or resumes a connector, or stops it for good, its tasks given up. */
  setTarget(name: string, target: TargetState): Promise<void> {
    return this.turns.run(async () => {
      // Not before its turn: until then the connector may have been deleted, or made anew.
      const entry = this.entry(name, `Unknown connector ${name}`);
      const before = entry.target;
      entry.target = target;
      if (target === before) return;
      if (target === 'STARTED') {
        await this.resume(entry).catch((thrown) => {
          // What comes of it stands in its status: who asked is told no more than that it was asked for.
          this.log.error(`Failed to transition connector ${name} to target state ${target}`, asToolError(thrown));
        });
        return;
      }
      await this.stopConnector(entry);
      if (entry.status.state !== 'FAILED' || target === 'STOPPED') entry.status = { state: target };
      for (const { task } of entry.tasks) task?.setTarget(target);
      if (target !== 'STOPPED') return;
      await this.stopTasks(entry);
      entry.tasks = [];
    });
  }

  private async resume(entry: ConnectorEntry): Promise<void> {
    for (const { task } of entry.tasks) task?.setTarget('STARTED');
    if (entry.status.state !== 'FAILED') await this.startConnector(entry);
    await this.updateTasks(entry);
  }

  /** Starts a connector anew, and its tasks where that is asked for. */
  restart(name: string, request: RestartRequest): Promise<ConnectorStatus> {
    return new Promise((resolve, reject) => {
      // Who asks for tasks too is told what will be done, not how it came out.
      const tellsAtOnce = request.includeTasks || request.onlyFailed;
      const ended = this.turns.run(() => this.restartAsAsked(name, request, tellsAtOnce ? resolve : () => undefined));
      ended.then(resolve, (thrown) => {
        reject(thrown);
        if (tellsAtOnce) this.log.error(`Connector '${name}' restart failed`, asToolError(thrown));
      });
    });
  }

  private async restartAsAsked(
    name: string,
    request: RestartRequest,
    tell: (plan: ConnectorStatus) => void,
  ): Promise<ConnectorStatus> {
    const entry = this.entry(name, `Unknown connector: ${name}`);
    const isDue = (status: Status): boolean => !request.onlyFailed || status.state === 'FAILED';
    const isConnectorDue = isDue(entry.status);
    const tasks = request.includeTasks ? entry.tasks.filter(({ status }) => isDue(status)) : [];
    const plan = this.restartPlan(entry, isConnectorDue, tasks);
    if (isConnectorDue) entry.status = { state: 'RESTARTING' };
    for (const task of tasks) task.status = { state: 'RESTARTING' };
    tell(plan);
    await this.restartNow(entry, isConnectorDue, tasks);
    return plan;
  }

  private restartPlan(entry: ConnectorEntry, isConnectorDue: boolean, due: readonly TaskEntry[]): ConnectorStatus {
    const restarting = this.shown({ state: 'RESTARTING' });
    const status = this.status(entry.name);
    const isDue = (id: number): boolean => due.some((task) => task.id === id);
    return {
      ...status,
      connector: isConnectorDue ? restarting : status.connector,
      tasks: status.tasks.map((task) => (isDue(task.id) ? { id: task.id, ...restarting } : task)),
    };
  }

  private async restartNow(entry: ConnectorEntry, connector: boolean, tasks: readonly TaskEntry[]): Promise<void> {
    await this.stopTasks(entry, [...tasks]);
    if (connector) {
      await this.stopConnector(entry);
      await this.startConnector(entry);
    }
    for (const task of tasks) await this.startTask(entry, task);
    if (connector) await this.updateTasks(entry);
  }

  restartTask(name: string, taskId: number): Promise<void> {
    return this.turns.run(async () => {
      const entry = this.entry(name, `Connector ${name} not found`);
      const task = entry.tasks[taskId];
      if (!task) throw new NotFoundError(`Task ${name}-${taskId} not found`);
      await this.stopTasks(entry, [task]);
      await this.startTask(entry, task);
    });
  }

  /** The connector, for a change of its offsets. Throws `BadRequestError` where it is not stopped. */
  stopped(name: string): ConnectorEntry {
    const entry = this.entry(name);
    if (entry.target === 'STOPPED' && entry.tasks.length === 0) return entry;
    throw new BadRequestError(
      'Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified ' +
        `connector by issuing a 'PUT' request to the '/connectors/${name}/stop' endpoint`,
    );
  }

  /** The connector as it is. */
  connector(name: string): ConnectorEntry {
    return this.entry(name);
  }
}

const isEqual = (a: Props, b: Props): boolean =>
  a.size === b.size && [...a].every(([name, value]) => b.get(name) === value);
