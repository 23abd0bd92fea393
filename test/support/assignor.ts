import { ConsumerProtocolSubscription } from '@odradek/protocol/stored/consumer-protocol';
import { Writer } from '@odradek/protocol/wire/writer';

/** What a consumer of one topic says of itself when it joins. */
export function subscription(topic: string): Buffer {
  const writer = new Writer();
  writer.int16(0);
  ConsumerProtocolSubscription.codec(0).encode(writer, { topics: [topic], userData: null });
  return writer.toBuffer();
}

/** Everyone's share, one partition after the other; as JSON, for brokers do not look at it. */
export function share(memberIds: readonly string[], partitions: number) {
  const sorted = memberIds.toSorted();
  const shares = sorted.map((): number[] => []);
  for (let partition = 0; partition < partitions; partition++) shares[partition % sorted.length]!.push(partition);
  return sorted.map((memberId, at) => ({ memberId, assignment: Buffer.from(JSON.stringify(shares[at])) }));
}
