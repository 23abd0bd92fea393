import { ServerError } from '../tool-error';

function checkSize(partitions: number, replicationFactor: number, brokerCount: number): void {
  if (partitions <= 0) throw new ServerError('INVALID_PARTITIONS', 'Number of partitions must be larger than 0.');
  if (replicationFactor <= 0) {
    throw new ServerError('INVALID_REPLICATION_FACTOR', 'Replication factor must be larger than 0.');
  }
  if (replicationFactor > brokerCount) {
    throw new ServerError(
      'INVALID_REPLICATION_FACTOR',
      `Replication factor: ${replicationFactor} larger than available brokers: ${brokerCount}.`,
    );
  }
}

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
  checkSize(partitions, replicationFactor, brokers.length);
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

/** The brokers of several racks, taken from each rack in turn (AdminUtils.getRackAlternatedBrokerList). */
function alternateRacks(racks: ReadonlyMap<number, string>): number[] {
  const byRack = [...new Set(racks.values())]
    .sort()
    .map((rack) => [...racks.keys()].filter((id) => racks.get(id) === rack).sort((a, b) => a - b));
  const rounds = Math.max(...byRack.map((brokers) => brokers.length));
  return Array.from({ length: rounds }, (_, round) => byRack.flatMap((brokers) => brokers[round] ?? [])).flat();
}

/**
 * Spreads replicas over brokers so that no rack holds two of a partition while another holds none (KIP-36,
 * AdminUtils.assignReplicasToBrokersRackAware).
 *
 * @param racks the rack of each broker
 */
export function assignReplicasAcrossRacks(
  racks: ReadonlyMap<number, string>,
  partitions: number,
  replicationFactor: number,
  { firstBroker = random(racks.size), firstShift = random(racks.size) } = {},
): number[][] {
  checkSize(partitions, replicationFactor, racks.size);
  const brokers = alternateRacks(racks);
  const rackCount = new Set(racks.values()).size;
  let shift = firstShift;
  return Array.from({ length: partitions }, (_, partition) => {
    if (partition > 0 && partition % brokers.length === 0) shift++;
    const leader = (partition + firstBroker) % brokers.length;
    const replicas = [brokers[leader]!];
    const used = new Set([racks.get(brokers[leader]!)]);
    for (let step = 0; replicas.length < replicationFactor; step++) {
      const distance = 1 + ((shift * rackCount + step) % (brokers.length - 1));
      const broker = brokers[(leader + distance) % brokers.length]!;
      const rack = racks.get(broker);
      if (replicas.includes(broker) || (used.has(rack) && used.size < rackCount)) continue;
      replicas.push(broker);
      used.add(rack);
    }
    return replicas;
  });
}
