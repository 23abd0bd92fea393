import { hashMapOrder, stringHash } from '@odradek/tools/java-order';
import type { ToolError } from '@odradek/tools/tool-error';
import { asToolError, ConnectError, traceOf } from '../errors';
import { JavaHashMap } from '../java/hash-map';
import type { Logger } from '../log';
import type { Connector, Props } from '../plugins/api';
import type { PluginDescOf } from '../plugins/plugins';
import { hasReference } from '../providers/config-transformer';
import type { TargetState, TaskListener, WorkerTask } from './task';
import { taskConfigsOf } from './task-configs';

export type ConnectorPlugin = PluginDescOf<'sink'> | PluginDescOf<'source'>;

export type State = 'UNASSIGNED' | 'RUNNING' | 'PAUSED' | 'FAILED' | 'STOPPED' | 'RESTARTING';

/** A state, and where it is FAILED why. */
export interface Status {
  readonly state: State;
  readonly trace?: string;
}

export interface TaskEntry {
  readonly id: number;
  readonly props: Props;
  status: Status;
  task: WorkerTask | undefined;
}

const failed = (error: ToolError): Status => ({ state: 'FAILED', trace: traceOf(error) });

/** A connector that the worker has: what it is told, and how it fares (WorkerConnector and its statuses). */
export class ConnectorEntry {
  status: Status = { state: 'UNASSIGNED' };
  tasks: TaskEntry[] = [];
  readonly topics = new Set<string>();
  private connector: Connector | undefined;

  constructor(
    readonly name: string,
    readonly plugin: ConnectorPlugin,
    readonly config: Props,
    public target: TargetState,
    private readonly log: Logger,
    private readonly reconfigure: () => void,
  ) {}

  get isRunning(): boolean {
    return this.connector !== undefined && this.status.state === 'RUNNING';
  }

  /**
   * Starts it, unless it is to stand still, with its settings resolved. Throws `ConnectError` where it does not start; it is
   * FAILED then.
   */
  async start(resolve: () => Promise<Props>): Promise<void> {
    if (this.target !== 'STARTED') {
      this.status = { state: this.target };
      return;
    }
    let raised = false;
    try {
      const connector = this.plugin.create();
      this.connector = connector;
      await connector.start(await resolve(), {
        requestTaskReconfiguration: this.reconfigure,
        // One that has been stopped has nothing to say about the one in its place.
        raiseError: (error) => {
          if (this.connector !== connector) return;
          raised = true;
          this.fail(asToolError(error));
        },
      });
      if (!raised) this.status = { state: 'RUNNING' };
    } catch (thrown) {
      this.connector = undefined;
      const error = asToolError(thrown);
      this.log.error(`WorkerConnector{id=${this.name}} Error while starting connector`, error);
      this.status = failed(error);
      const message = `Failed to transition connector ${this.name} to state ${this.target}`;
      throw new ConnectError(message, error);
    }
  }

  /** Its tasks go on. */
  fail(error: ToolError): void {
    this.log.error(`WorkerConnector{id=${this.name}} Connector raised an error`, error);
    this.status = failed(error);
  }

  /** Stops it; what it throws is told of. Its tasks go on. */
  async stop(): Promise<void> {
    const { connector } = this;
    this.connector = undefined;
    try {
      await connector?.stop?.();
    } catch (thrown) {
      const error = asToolError(thrown);
      this.log.error(`WorkerConnector{id=${this.name}} Error while shutting down connector`, error);
    }
  }

  /**
   * The configurations of its tasks. Where the connector's own has references to config providers they have them, too, in
   * the place of values (AbstractHerder.reverseTransform). Rejects with what the connector throws.
   */
  async taskProps(most: number): Promise<Props[]> {
    const connector = this.connector;
    if (!connector) return [];
    const configs = await taskConfigsOf(this.name, connector, most);
    const topics = ['topics', 'topics.regex'].flatMap((name): [string, string][] => {
      const value = this.config.get(name);
      return this.plugin.type === 'sink' && value ? [[name, value]] : [];
    });
    const references = [...this.config].filter(([, value]) => hasReference(value));
    return configs.map((props) => {
      const own = new JavaHashMap<string, string>([...props, ['task.class', connector.taskClass]]);
      for (const [name, value] of topics) own.set(name, value);
      for (const [name, value] of references) if (own.has(name)) own.set(name, value);
      return JavaHashMap.copyOf(own);
    });
  }

  /** A listener that keeps a task's status. */
  listenerOf(entry: TaskEntry): TaskListener {
    const set = (state: State) => () => {
      entry.status = { state };
    };
    return {
      onStartup: set('RUNNING'),
      onResume: set('RUNNING'),
      onPause: set('PAUSED'),
      onShutdown: set('UNASSIGNED'),
      onFailure: (error) => {
        entry.status = failed(error);
      },
    };
  }
}

/** Names in the order in which a Java hash set of strings lists them. */
export const inHashOrder = (names: readonly string[]): string[] => hashMapOrder(names, stringHash);
