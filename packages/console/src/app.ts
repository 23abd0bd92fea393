import type { ServerResponse } from 'node:http';
import type { Session } from './api';
import { Changes } from './changes/changes';
import { ClusterReader } from './cluster/cluster-reader';
import { adminOf, clientOf, Idling } from './cluster/link';
import { badRequest, notFound } from './http/answer';
import type { ApiRequest } from './http/server';
import { Searches } from './search/searches';
import { ZooKeeperReader } from './zookeeper/zookeeper-reader';

/** So long connections to brokers are kept after somebody looked. */
const IDLE_MS = 60_000;

export interface AppSettings {
  readonly session: Session;
  readonly bootstrapServers: string;
  readonly zookeeperConnect: string;
  /** Told of each change that was made, in words for the broker's log. */
  readonly onChange: (what: string) => void;
}

/** All that is behind the API. Nothing of it is made, and nobody is asked anything, before somebody looks. */
export class App {
  private readonly reader: ClusterReader;
  private readonly searches: Searches;
  private readonly zooKeeper: ZooKeeperReader;
  private readonly changes: Changes;

  constructor(private readonly settings: AppSettings) {
    const { session, bootstrapServers, zookeeperConnect } = settings;
    const admin = new Idling(
      () => adminOf(clientOf(bootstrapServers)),
      (open) => {
        open.close();
        this.reader.forget();
      },
      IDLE_MS,
    );
    this.reader = new ClusterReader((work) => admin.use(work), session.brokerId);
    this.searches = new Searches(bootstrapServers);
    this.zooKeeper = new ZooKeeperReader(zookeeperConnect);
    this.changes = new Changes((work) => admin.use(work), bootstrapServers);
  }

  /** Changes something, which the guard has let through. Throws `HttpError` or `ToolError`. */
  async post({ words, json }: ApiRequest): Promise<unknown> {
    const change = this.changes.find(words);
    if (!change) throw nothing();
    const body = await json();
    try {
      const { answer, what } = await change(body);
      if (what !== null) this.settings.onChange(what);
      return answer;
    } finally {
      this.reader.forget();
    }
  }

  /** Throws `HttpError` or `ToolError`. */
  async get({ method, words, query }: ApiRequest, response: ServerResponse): Promise<unknown> {
    const [kind, name, part, ...more] = words;
    if (more.length > 0) throw nothing();
    if (kind === 'topics' && name !== undefined && part === 'messages') {
      if (method === 'HEAD') throw badRequest('A stream has no head.');
      await this.searches.serve(name, query, response);
      return undefined;
    }
    const isNamed = name !== undefined;
    if (part !== undefined || (isNamed && (kind === 'cluster' || kind === 'zookeeper'))) throw nothing();
    switch (kind) {
      case 'cluster':
        return this.reader.cluster();
      case 'brokers':
        return this.reader.broker(brokerId(name));
      case 'topics':
        return isNamed ? this.reader.topic(name) : this.reader.topics();
      case 'groups':
        return isNamed ? this.reader.group(name) : this.reader.groups();
      case 'zookeeper':
        return this.zooKeeper.node(query.get('path') ?? '/');
      default:
        throw nothing();
    }
  }
}

const nothing = () => notFound('There is nothing here.');

function brokerId(text: string | undefined): number {
  if (text !== undefined && /^\d{1,9}$/.test(text)) return Number(text);
  throw badRequest('A broker is named by its id.');
}
