import { errorName } from '@odradek/protocol/errors';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import type { Admin } from '@odradek/tools/client/admin';
import { ServerError, ToolError } from '@odradek/tools/tool-error';
import type { NewTopic } from '../config/topic-creation';
import { ConnectError, RetriableError } from '../errors';
import type { Logger } from '../log';

const CREATE_TIMEOUT_MS = 60_000;
/** Answers after which the topic may come by other ways: the broker makes it, or the next step says what is wrong. */
const LEFT_TO_BROKERS: ReadonlySet<string> = new Set([
  'UNSUPPORTED_VERSION',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
]);

const TIMEOUT = 'org.apache.kafka.common.errors.TimeoutException';

/** Makes a topic. Returns false where it is there already. Throws `ToolError`. */
export async function createTopic(admin: Admin, topic: Omit<NewTopic, 'group'>): Promise<boolean> {
  const { name, partitions: numPartitions, replicationFactor, configs } = topic;
  const request = {
    topics: [
      {
        name,
        numPartitions,
        replicationFactor,
        assignments: [],
        configs: [...configs].map(([key, value]) => ({ name: key, value })),
      },
    ],
    timeoutMs: CREATE_TIMEOUT_MS,
    validateOnly: false,
  };
  return admin.call('createTopics', async (call) => {
    const response = await admin.toController(
      call,
      CreateTopics,
      request,
      (answer) => answer.topics[0]?.errorCode ?? 0,
    );
    const { errorCode, errorMessage } = response.topics[0]!;
    if (errorCode === 0) return true;
    const error = new ServerError(errorName(errorCode), errorMessage);
    if (error.error === 'TOPIC_ALREADY_EXISTS') return false;
    throw error;
  });
}

/** Whether a topic is there. Throws `ToolError`. */
export async function topicExists(admin: Admin, name: string): Promise<boolean> {
  return admin.call('describeTopics', async ({ deadlineMs }) => {
    const { topics } = await admin.client.metadata([name], deadlineMs);
    const error = errorName(topics[0]!.errorCode);
    if (error === 'UNKNOWN_TOPIC_OR_PARTITION') return false;
    // A topic that is being made has partitions without leaders yet: it is there.
    if (error === 'NONE' || error === 'LEADER_NOT_AVAILABLE') return true;
    throw new ServerError(error);
  });
}

/** Makes the topics of a source as its settings say, before the first record goes there (KIP-158). */
export class TopicMaker {
  private readonly known = new Set<string>();

  constructor(
    private readonly admin: Admin,
    private readonly settingsOf: (topic: string) => NewTopic,
    private readonly log: Logger,
  ) {}

  /** Throws `ConnectError` where the topic can neither be found nor made, `RetriableError` where no broker answers. */
  async ensure(topic: string): Promise<void> {
    if (this.known.has(topic)) return;
    this.log.info(`The task will send records to topic '${topic}' for the first time. Checking whether topic exists`);
    try {
      if (await topicExists(this.admin, topic)) this.log.info(`Topic '${topic}' already exists.`);
      else await this.create(topic);
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
      if (thrown.className === TIMEOUT) {
        throw new RetriableError(`Timed out while checking for or creating topic '${topic}'`, thrown);
      }
      if (!(thrown instanceof ServerError) || !LEFT_TO_BROKERS.has(thrown.error)) {
        const hint =
          'Ensure that the task is authorized to create topics or that the topic exists and restart the task';
        throw new ConnectError(`Task failed to create new topic ${topic}. ${hint}`, thrown);
      }
      this.log.warn(`Request to create new topic '${topic}' failed`, thrown);
    }
    this.known.add(topic);
  }

  private async create(topic: string): Promise<void> {
    const settings = this.settingsOf(topic);
    this.log.info(`Creating topic '${topic}'`);
    const isNew = await createTopic(this.admin, settings);
    if (isNew) this.log.info(`Created topic '${topic}' using creation group ${settings.group}`);
    else this.log.info(`Found existing topic '${topic}'`);
  }

  close(): void {
    this.admin.close();
  }
}
