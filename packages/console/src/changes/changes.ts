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

/** Something that a page may do, where changes are allowed. */
export interface Change {
  /** For the broker's log. */
  readonly what: string;
  /** Throws `HttpError` or `ToolError`. */
  make(body: unknown): Promise<unknown>;
}

const DONE: Done = { done: true };

function confirmed(body: unknown, name: string): void {
  if (deleteOf(body).confirm !== name) throw badRequest(`confirm must be ${name}, once more.`);
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
    return this.change('create a topic', (body) => {
      const wanted = createTopicOf(body);
      return this.withAdmin((admin) => createTopic(admin, wanted));
    });
  }

  private ofTopic(name: string, part: string | undefined): Change | undefined {
    switch (part) {
      case 'delete':
        return this.change(`delete topic ${name}`, async (body) => {
          confirmed(body, name);
          await this.withAdmin((admin) => deleteTopic(admin, name));
        });
      case 'configs':
        return this.change(`change configs of topic ${name}`, (body) => {
          const changes = alterConfigsOf(body);
          return this.withAdmin((admin) => alterTopicConfigs(admin, name, changes));
        });
      case 'partitions':
        return this.change(`add partitions to topic ${name}`, (body) => {
          const wanted = addPartitionsOf(body);
          return this.withAdmin((admin) => addPartitions(admin, name, wanted));
        });
      case 'messages':
        return {
          what: `produce to topic ${name}`,
          make: async (body) => {
            const message = produceOf(body);
            // A producer's question would make a topic that is not there.
            await this.withAdmin((admin) => requireTopic(admin, name));
            return produce(this.bootstrapServers, name, message);
          },
        };
      default:
        return undefined;
    }
  }

  private ofGroup(groupId: string, part: string | undefined): Change | undefined {
    switch (part) {
      case 'delete':
        return this.change(`delete group ${groupId}`, async (body) => {
          confirmed(body, groupId);
          await this.withAdmin((admin) => deleteGroup(admin, groupId));
        });
      case 'offsets':
        return {
          what: `reset offsets of group ${groupId}`,
          make: (body) => {
            const request = resetOffsetsOf(body);
            return this.withAdmin((admin) => resetOffsets(admin, groupId, request));
          },
        };
      default:
        return undefined;
    }
  }

  private election(): Change {
    return {
      what: 'elect preferred leaders',
      make: (body) => {
        const request = electLeadersOf(body);
        return this.withAdmin((admin) => electPreferred(admin, request));
      },
    };
  }

  private change(what: string, make: (body: unknown) => Promise<void>): Change {
    return {
      what,
      make: async (body) => {
        await make(body);
        return DONE;
      },
    };
  }
}
