import { partitionText, type TopicPartition } from '../client/partitions';
import { asArray, asObject, type JsonNode, member, toInteger, toText } from '../jackson/node';
import { parseJson } from '../jackson/parser';
import { duplicates, hashMapOrder, topicPartitionHash } from '../java-order';
import { readTextFile } from '../text-file';
import { operationError, runtimeException, ToolError } from '../tool-error';

/** Partitions in the order of a Java HashSet. */
export const inJavaOrder = <T extends TopicPartition>(partitions: readonly T[]): T[] =>
  hashMapOrder(partitions, ({ topic, partition }) => topicPartitionHash(topic, partition));

function parsed(json: string): JsonNode {
  try {
    return parseJson(json);
  } catch (thrown) {
    throw thrown instanceof ToolError ? operationError('Replica election data is empty') : thrown;
  }
}

/** The partitions of a `--path-to-json-file`. Throws `ToolError` where it is not of the documented form. */
export function parseElectionData(json: string): TopicPartition[] {
  const root = parsed(json);
  try {
    const fields = asObject(root);
    if (!fields.has('partitions')) throw operationError('Replica election data is missing "partitions" field');
    return inJavaOrder(withoutDuplicates(decodePartitions(fields.get('partitions'))));
  } catch (thrown) {
    const isMapping = thrown instanceof ToolError && thrown.className.endsWith('.JsonMappingException');
    throw isMapping ? runtimeException(thrown) : thrown;
  }
}

const decodePartitions = (node: JsonNode): TopicPartition[] =>
  asArray(node).map((entry) => {
    const each = asObject(entry);
    const topic = toText(member(each, 'topic'));
    return { topic, partition: toInteger(member(each, 'partition')) };
  });

function withoutDuplicates(partitions: TopicPartition[]): TopicPartition[] {
  const byName = new Map(partitions.map((each) => [partitionText(each), each]));
  const hashOf = (name: string): number => topicPartitionHash(byName.get(name)!.topic, byName.get(name)!.partition);
  const twice = duplicates(partitions.map(partitionText), hashOf);
  if (twice.length === 0) return partitions;
  throw operationError(`Replica election data contains duplicate partitions: [${twice.join(', ')}]`);
}

/** Reads a `--path-to-json-file`. */
export function readElectionData(path: string): TopicPartition[] {
  let json: string;
  try {
    json = readTextFile(path);
  } catch (thrown) {
    throw thrown instanceof ToolError ? runtimeException(thrown) : thrown;
  }
  return parseElectionData(json);
}
