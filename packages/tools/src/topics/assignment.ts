import { ServerError } from '../tool-error';

/**
 * Spreads replicas over brokers as Kafka does where racks do not matter: leaders round robin from a random broker, the
 * followers shifted by one more each time round (kafka.admin.AdminUtils.assignReplicasToBrokers).
 */
export function assignReplicas(
  brokers: readonly number[],
  partitions: number,
  replicationFactor: number,
  { firstBroker = random(brokers.length), firstPartition = 0, firstShift = random(brokers.length) } = {},
): number[][] {
  if (partitions <= 0) throw new ServerError('INVALID_PARTITIONS', 'Number of partitions must be larger than 0.');
  if (replicationFactor <= 0) {
    throw new ServerError('INVALID_REPLICATION_FACTOR', 'Replication factor must be larger than 0.');
  }
  if (replicationFactor > brokers.length) {
    throw new ServerError(
      'INVALID_REPLICATION_FACTOR',
      `Replication factor: ${replicationFactor} larger than available brokers: ${brokers.length}.`,
    );
  }
  let shift = firstShift;
  return Array.from({ length: partitions }, (_, index) => {
    const partition = firstPartition + index;
    if (partition > 0 && partition % brokers.length === 0) shift++;
    const leader = (partition + firstBroker) % brokers.length;
    const replicas = [brokers[leader]!];
    for (let replica = 0; replica < replicationFactor - 1; replica++) {
      const distance = 1 + ((shift + replica) % (brokers.length - 1));
      replicas.push(brokers[(leader + distance) % brokers.length]!);
    }
    return replicas;
  });
}

const random = (below: number): number => Math.floor(Math.random() * Math.max(1, below));
