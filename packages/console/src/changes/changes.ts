import type { Admin } from '@odradek/tools/client/admin';
import type { Done } from '../api';
import type { WithAdmin } from '../cluster/cluster-reader';
import { badRequest } from '../http/answer';
import {
  addPartitionsOf,
  alterConfigsOf,
  createTopicOf,
  deleteOf,
  electLeadersOf,
  produceOf,
  resetOffsetsOf,
} from './bodies';
import { deleteGroup, resetOffsets } from './group-changes';
import { produce } from './produce';
import {
  addPartitions,
  alterTopicConfigs,
  createTopic,
  deleteTopic,
  electPreferred,
  requireTopic,
} from './topic-changes';

/** What came of a change. */
export interface Changed {
  readonly answer: unknown;
  /** For the broker's log; null: nothing was changed, it was only asked what would be. */
  readonly what: string | null;
}

/** Something that a page may do, where changes are allowed. Throws `HttpError` or `ToolError`. */
export type Change = (body: unknown) => Promise<Changed>;

const DONE: Done = { done: true };

/** Names are whatever somebody chose: none ends a line of a log. */
const quoted = (name: string): string => JSON.stringify(name);

function confirmed(body: unknown, name: string): void {
  if (deleteOf(body).confirm !== name) throw badRequest(`confirm must be ${quoted(name)}: the name once more.`);
}

/** Everything that the console can change, by the path that asks for it. */
export class Changes {
  constructor(
    private readonly withAdmin: WithAdmin,
    private readonly bootstrapServers: string,
  ) {}

  /** Undefined: there is no such thing. */
  find([kind, name, part, ...more]: readonly string[]): Change | undefined {
    if (more.length > 0) return undefined;
    if (kind === 'topics') return name === undefined ? this.creation() : this.ofTopic(name, part);
    if (kind === 'groups' && name !== undefined) return this.ofGroup(name, part);
    return kind === 'elections' && name === undefined ? this.election() : undefined;
  }

  private creation(): Change {
    return (body) => {
      const wanted = createTopicOf(body);
      return this.done(`created topic ${quoted(wanted.name)}`, (admin) => createTopic(admin, wanted));
    };
  }

  private ofTopic(name: string, part: string | undefined): Change | undefined {
    const topic = `topic ${quoted(name)}`;
    switch (part) {
      case 'delete':
        return async (body) => {
          confirmed(body, name);
          return this.done(`deleted ${topic}`, (admin) => deleteTopic(admin, name));
        };
      case 'configs':
        return (body) => {
          const changes = alterConfigsOf(body);
          const what = `set ${Object.keys(changes.set).map(quoted).join(', ')} of ${topic}`;
          return this.done(what, (admin) => alterTopicConfigs(admin, name, changes));
        };
      case 'partitions':
        return (body) => {
          const wanted = addPartitionsOf(body);
          return this.done(`gave ${topic} ${wanted.total} partitions`, (admin) => addPartitions(admin, name, wanted));
        };
      case 'messages':
        return async (body) => {
          const message = produceOf(body);
          // A producer's own question would make a topic that is not there.
          await this.withAdmin((admin) => requireTopic(admin, name));
          return { answer: await produce(this.bootstrapServers, name, message), what: `produced to ${topic}` };
        };
      default:
        return undefined;
    }
  }

  private ofGroup(groupId: string, part: string | undefined): Change | undefined {
    const group = `group ${quoted(groupId)}`;
    switch (part) {
      case 'delete':
        return async (body) => {
          confirmed(body, groupId);
          return this.done(`deleted ${group}`, (admin) => deleteGroup(admin, groupId));
        };
      case 'offsets':
        return async (body) => {
          const request = resetOffsetsOf(body);
          const answer = await this.withAdmin((admin) => resetOffsets(admin, groupId, request));
          return {
            answer,
            what: request.dryRun ? null : `reset offsets of ${group} in topic ${quoted(request.topic)}`,
          };
        };
      default:
        return undefined;
    }
  }

  private election(): Change {
    return async (body) => {
      const request = electLeadersOf(body);
      const answer = await this.withAdmin((admin) => electPreferred(admin, request));
      return { answer, what: `elected preferred leaders of ${answer.elected.length} partitions` };
    };
  }

  private async done(what: string, work: (admin: Admin) => Promise<void>): Promise<Changed> {
    await this.withAdmin(work);
    return { answer: DONE, what };
  }
}
