import { configException, type ToolError } from '@odradek/tools/tool-error';
import type { ParsedConfig } from '../config/config-def';
import { sinkConfigDef, sinkTopics, sourceConfigDef } from '../config/connector-config';
import { aliasesIn } from '../config/enriched';
import { topicCreation } from '../config/topic-creation';
import { under, type WorkerConfig } from '../config/worker-config';
import { ConnectError } from '../errors';
import type { Loggers } from '../log';
import { FileOffsetStore } from '../offsets/file-offset-store';
import { SourceOffsets } from '../offsets/source-offsets';
import type { Props } from '../plugins/api';
import type { PluginDescOf, Plugins } from '../plugins/plugins';
import type { ConfigTransformer } from '../providers/config-transformer';
import { Clients } from './clients';
import { DeadLetterQueue } from './dead-letters';
import { ErrorHandling, type ErrorReporter, LogReporter } from './error-handling';
import { SinkTaskRunner } from './sink-task-runner';
import { type Pipeline, SourceTaskRunner } from './source-task-runner';
import type { TargetState, TaskListener, WorkerTask } from './task';
import { TopicMaker } from './topic-maker';
import type { TransformationStage } from './transformation-chain';

/** A task that is to be made. */
export interface TaskPlan {
  readonly connector: string;
  readonly taskId: number;
  readonly plugin: PluginDescOf<'sink'> | PluginDescOf<'source'>;
  readonly connectorProps: Props;
  readonly taskProps: Props;
  readonly target: TargetState;
  readonly listener: TaskListener;
  readonly used: (topic: string) => void;
}

/** Makes tasks and what they need (org.apache.kafka.connect.runtime.Worker). */
export class Worker {
  readonly clients: Clients;
  readonly offsetStore: FileOffsetStore;

  constructor(
    readonly config: WorkerConfig,
    readonly plugins: Plugins,
    readonly loggers: Loggers,
    readonly transformer: ConfigTransformer,
    /** What statuses call this worker: host and port of its REST API. */
    readonly id: string,
  ) {
    this.clients = new Clients(config, loggers);
    this.offsetStore = new FileOffsetStore(config.parsed.string('offset.storage.file.filename'));
  }

  async start(): Promise<void> {
    const log = this.loggers.logger('org.apache.kafka.connect.runtime.Worker');
    log.info('Worker starting');
    const name = 'org.apache.kafka.connect.storage.FileOffsetBackingStore';
    this.loggers.logger(name).info(`Starting FileOffsetBackingStore with file ${this.offsetStore.path}`);
    await this.offsetStore.load();
    log.info('Worker started');
  }

  /** The settings of a connector that concern its worker. Throws `ToolError`. */
  connectorConfig(plugin: TaskPlan['plugin'], props: Props): ParsedConfig {
    return (plugin.type === 'sink' ? sinkConfigDef(this.plugins) : sourceConfigDef(this.plugins)).parse(props);
  }

  offsetsOf(connector: string): SourceOffsets {
    return new SourceOffsets(this.offsetStore, connector);
  }

  /** Makes a task that is ready to be started. Throws `ToolError` for settings that do not do. */
  async createTask(plan: TaskPlan): Promise<WorkerTask> {
    return plan.plugin.type === 'sink' ? this.sinkTask(plan, plan.plugin) : this.sourceTask(plan, plan.plugin);
  }

  private async sourceTask(plan: TaskPlan, plugin: PluginDescOf<'source'>): Promise<WorkerTask> {
    const { connector, taskId, connectorProps, taskProps } = plan;
    const name = `${connector}-${taskId}`;
    const context = `[${connector}|task-${taskId}] `;
    const task = plugin.create().createTask();
    const log = this.loggers.logger('org.apache.kafka.connect.runtime.WorkerSourceTask', context);
    const parsed = this.config.parsed;
    const pipeline = this.pipeline(plan, [], name, context, () => runner);
    const creation = parsed.boolean('topic.creation.enable') ? topicCreation(connectorProps) : undefined;
    const adminId = `connector-adminclient-${name}`;
    const topics = creation && new TopicMaker(await this.clients.admin(adminId, connectorProps), creation, log);
    const runner: SourceTaskRunner = new SourceTaskRunner(name, plan.target, plan.listener, log, {
      ...pipeline,
      task,
      props: taskProps,
      producer: this.clients.producer(`connector-producer-${name}`, connectorProps, context),
      offsets: this.offsetsOf(connector),
      topics,
      flushIntervalMs: parsed.number('offset.flush.interval.ms'),
      flushTimeoutMs: parsed.number('offset.flush.timeout.ms'),
      used: plan.used,
    });
    return runner;
  }

  private async sinkTask(plan: TaskPlan, plugin: PluginDescOf<'sink'>): Promise<WorkerTask> {
    const { connector, taskId, connectorProps, taskProps } = plan;
    const name = `${connector}-${taskId}`;
    const context = `[${connector}|task-${taskId}] `;
    const log = this.loggers.logger('org.apache.kafka.connect.runtime.WorkerSinkTask', context);
    const deadLetters = await this.deadLetters(plan, name, context);
    const runner: SinkTaskRunner = new SinkTaskRunner(name, plan.target, plan.listener, log, {
      ...this.pipeline(plan, deadLetters ? [deadLetters] : [], name, context, () => runner),
      task: plugin.create().createTask(),
      props: taskProps,
      createConsumer: (listener) =>
        this.clients.consumer(connector, taskId, connectorProps, sinkTopics(taskProps), context, listener),
      commitIntervalMs: this.config.parsed.number('offset.flush.interval.ms'),
      used: plan.used,
      close: async () => deadLetters?.close(),
    });
    return runner;
  }

  private async deadLetters(plan: TaskPlan, name: string, context: string): Promise<DeadLetterQueue | undefined> {
    const config = this.connectorConfig(plan.plugin, plan.connectorProps);
    const topic = config.string('errors.deadletterqueue.topic.name');
    if (topic === '') return undefined;
    const settings = {
      topic,
      replicationFactor: config.number('errors.deadletterqueue.topic.replication.factor'),
      tellsWhy: config.boolean('errors.deadletterqueue.context.headers.enable'),
      connector: plan.connector,
      taskId: plan.taskId,
    };
    const producer = this.clients.producer(`connector-dlq-producer-${name}`, plan.connectorProps, context);
    const log = this.loggers.logger('org.apache.kafka.connect.runtime.errors.DeadLetterQueueReporter', context);
    const queue = new DeadLetterQueue(producer, settings, log);
    await queue.prepare(await this.clients.admin(`connector-dlq-adminclient-${name}`, plan.connectorProps));
    return queue;
  }

  private pipeline(
    plan: TaskPlan,
    reporters: readonly ErrorReporter[],
    name: string,
    context: string,
    runner: () => WorkerTask,
  ): Pipeline {
    const config = this.connectorConfig(plan.plugin, plan.connectorProps);
    const log = this.loggers.logger('org.apache.kafka.connect.runtime.errors.LogReporter', context);
    const logged = config.boolean('errors.log.enable')
      ? [new LogReporter(name, log, config.boolean('errors.log.include.messages'))]
      : [];
    const key = this.converter('key', plan.connectorProps);
    const value = this.converter('value', plan.connectorProps);
    const header = this.headerConverter(plan.connectorProps);
    return {
      keyConverter: key.converter,
      valueConverter: value.converter,
      headerConverter: header.converter,
      classNames: { key: key.className, value: value.className, header: header.className },
      stages: this.stages(plan.connectorProps),
      errors: new ErrorHandling(config, [...logged, ...reporters], (ms) => runner().sleep(ms)),
    };
  }

  /** The connector's converter, with its settings, where it names one; else the worker's with the worker's. */
  private converter(part: 'key' | 'value', connectorProps: Props) {
    const name = `${part}.converter`;
    const props = connectorProps.has(name) ? connectorProps : this.config.props;
    const className = props.get(name)!;
    const plugin = this.plugins.find('converter', className);
    if (!plugin) throw unknownClass(name, className);
    const converter = plugin.create();
    converter.configure(new Map([...under(props, `${name}.`), ['converter.type', part]]), part === 'key');
    return { converter, className: plugin.className };
  }

  private headerConverter(connectorProps: Props) {
    const name = 'header.converter';
    const props = connectorProps.has(name) ? connectorProps : this.config.props;
    const className = connectorProps.get(name) ?? this.config.parsed.string(name);
    const plugin = this.plugins.find('header_converter', className);
    if (!plugin) throw unknownClass(name, className);
    const converter = plugin.create();
    converter.configure(new Map([...under(props, `${name}.`), ['converter.type', 'header']]));
    return { converter, className: plugin.className };
  }

  /** A connector's transformations with their predicates, configured. */
  private stages(props: Props): TransformationStage[] {
    return aliasesIn(props, 'transforms').map((alias) => {
      const prefix = `transforms.${alias}.`;
      const settings = under(props, prefix);
      const className = settings.get('type') ?? '';
      const plugin = this.plugins.find('transformation', className);
      if (!plugin) throw unknownClass(`${prefix}type`, className);
      const transformation = plugin.create();
      transformation.configure(settings);
      const predicate = settings.get('predicate');
      return {
        className: plugin.className,
        transformation,
        predicate: predicate === undefined ? undefined : this.predicate(predicate, props),
        negate: settings.get('negate')?.trim().toLowerCase() === 'true',
      };
    });
  }

  private predicate(alias: string, props: Props) {
    const settings = under(props, `predicates.${alias}.`);
    const className = settings.get('type') ?? '';
    const plugin = this.plugins.find('predicate', className);
    if (!plugin) throw unknownClass(`predicates.${alias}.type`, className);
    const predicate = plugin.create();
    predicate.configure(settings);
    return predicate;
  }

  /** Checks that the worker's own converters are there. Throws `ToolError`. */
  checkConverters(): void {
    this.converter('key', new Map());
    this.converter('value', new Map());
    this.headerConverter(new Map());
  }

  /** Throws `ConnectError` where a connector made more tasks than it may have. */
  checkTaskCount(connector: string, count: number, config: ParsedConfig): void {
    const most = config.number('tasks.max');
    if (count <= most) return;
    const what = `The connector ${connector} has generated ${count} tasks, which is greater than ${most}, the maximum number of tasks it is configured to create.`;
    if (config.boolean('tasks.max.enforce')) {
      const remedy =
        "If necessary, it can be permitted by reconfiguring the connector with 'tasks.max.enforce' set to false; however, this option " +
        'will be removed in a future release of Kafka Connect.';
      throw new ConnectError(
        `${what} This behaviour should be considered a bug and is disallowed. ${remedy}`,
        undefined,
        'org.apache.kafka.connect.runtime.TooManyTasksException',
      );
    }
    this.loggers.logger('org.apache.kafka.connect.runtime.Worker').warn(what);
  }
}

const unknownClass = (name: string, className: string): ToolError =>
  configException(`Invalid value ${className} for configuration ${name}: Class ${className} could not be found.`);
