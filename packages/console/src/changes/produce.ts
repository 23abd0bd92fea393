import { Producer } from '@odradek/tools/client/producer';
import { producerSettings } from '@odradek/tools/client/producer-config';
import type { Produced, ProduceMessage } from '../api';
import { CLIENT_ID } from '../cluster/link';

const DELIVERY_TIMEOUT_MS = 10_000;

const bytesOf = (text: string | null | undefined): Buffer | null => (text == null ? null : Buffer.from(text));

/** Writes one message, acknowledged by all in-sync replicas. Throws `ToolError`. */
export async function produce(bootstrapServers: string, topic: string, message: ProduceMessage): Promise<Produced> {
  const settings = producerSettings(
    new Map([
      ['bootstrap.servers', bootstrapServers],
      ['client.id', CLIENT_ID],
      ['linger.ms', '0'],
      ['request.timeout.ms', String(DELIVERY_TIMEOUT_MS / 2)],
      ['delivery.timeout.ms', String(DELIVERY_TIMEOUT_MS)],
      ['max.block.ms', String(DELIVERY_TIMEOUT_MS)],
    ]),
    () => {},
  );
  const { partition, key, value, headers = [] } = message;
  const producer = new Producer(settings, () => {});
  try {
    await producer.start();
    return await new Promise<Produced>((resolve, reject) => {
      const record = {
        topic,
        partition,
        timestamp: Date.now(),
        key: bytesOf(key),
        value: bytesOf(value),
        headers: headers.map((header) => ({ key: header.key, value: bytesOf(header.value) })),
      };
      const sent = producer.send(record, (error, at) => {
        if (error) reject(error);
        else resolve({ partition: at.partition, offset: at.offset });
      });
      sent?.catch(reject);
    });
  } finally {
    producer.abort();
  }
}
