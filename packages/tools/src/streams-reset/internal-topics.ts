import { errorName } from '@odradek/protocol/errors';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import type { Admin } from '../client/admin';
import { executionError } from '../client/futures';
import { hashMapOrder, stringHash } from '../java-order';
import { type Io, println } from '../print';
import { ServerError, ToolError } from '../tool-error';

const INTERNAL =
  /(-changelog|-repartition|-subscription-registration-topic|-subscription-response-topic|.-KTABLE-FK-JOIN-SUBSCRIPTION-(REGISTRATION|RESPONSE)-\d+-topic)$/;

/** From this version on topics are deleted by structs, before by names. */
const FIRST_WITH_STRUCTS = 6;

/** Whether a topic is one that Kafka Streams made for an application. */
export const isInternalTopic = (applicationId: string, topic: string): boolean =>
  topic.startsWith(`${applicationId}-`) && INTERNAL.test(topic);

/** Deletes topics; tells of each that is refused. Throws `ToolError` where any was. */
export async function deleteTopics(admin: Admin, topics: readonly string[], io: Io): Promise<void> {
  if (topics.length === 0) return;
  const refusals = new Map<string, ToolError>();
  try {
    await admin.call('deleteTopics', async (call) => {
      const timeoutMs = admin.client.options.requestTimeoutMs;
      const request = (version: number) =>
        version < FIRST_WITH_STRUCTS
          ? { topicNames: [...topics], timeoutMs }
          : { topics: topics.map((name) => ({ name })), timeoutMs };
      const { responses } = await admin.toController(
        call,
        DeleteTopics,
        request,
        ({ responses }) => responses[0]?.errorCode ?? 0,
      );
      for (const { name, errorCode, errorMessage } of responses) {
        if (errorCode !== 0) refusals.set(name!, new ServerError(errorName(errorCode), errorMessage));
      }
    });
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    for (const topic of topics) refusals.set(topic, thrown);
  }
  for (const topic of hashMapOrder(topics, stringHash, topics.length)) {
    const refusal = refusals.get(topic);
    if (!refusal) continue;
    println(io.stderr, `ERROR: deleting topic ${topic}`);
    println(io.stderr, executionError(refusal).toString());
  }
  if (refusals.size > 0) {
    throw new ToolError('java.lang.RuntimeException', 'Encountered an error deleting one or more topics');
  }
}
