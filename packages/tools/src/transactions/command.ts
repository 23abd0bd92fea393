import { type Admin, commandProperties, createAdmin } from '../client/admin';
import { partitionText, type TopicPartition } from '../client/partitions';
import { type AbortSpec, abortSpecText, abortTransaction, describeProducers } from '../client/producers-admin';
import { describeTransaction, listTransactions } from '../client/transactions-admin';
import { TerseError } from '../failures';
import { hashMapOrder, topicPartitionHash } from '../java-order';
import { type JsonDocument, printJson } from '../json-output';
import { type Io, type Log, logTo, println } from '../print';
import { ToolError } from '../tool-error';
import { parseTransactionsArguments, type TransactionsArguments } from './arguments';
import { failure, orFail } from './failing';
import { findHanging, type OpenTransaction } from './find-hanging';
import { printTable } from './table';

const MINUTE_MS = 60_000;
/** What stands for a coordinator's epoch that no marker has told yet: no coordinator's is less. */
const LEAST_COORDINATOR_EPOCH = 0;

/** What the commands work with. */
interface Surroundings {
  readonly admin: Admin;
  readonly args: Options;
  readonly io: Io;
  readonly log: Log;
}

type Options = TransactionsArguments['of'];

const numberOf = (args: Options, name: string): number | undefined =>
  args[name] === undefined ? undefined : Number(args[name][0]);

const partitionOf = (args: Options): TopicPartition => ({
  topic: args.topic![0]!,
  partition: numberOf(args, 'partition')!,
});

async function list({ admin, args, io, log }: Surroundings): Promise<void> {
  const durationMs = numberOf(args, 'duration-filter') ?? -1;
  const byBroker = await orFail('Failed to list transactions', listTransactions(admin, { durationMs }, log));
  const found = hashMapOrder([...byBroker], ([id]) => id).flatMap(([coordinator, listings]) =>
    listings.map((listing) => ({ ...listing, coordinator })),
  );
  if (args.json) {
    const transactions = found.map(({ transactionalId, coordinator, producerId, state }) => ({
      transactionalId,
      coordinator,
      producerId,
      state,
    }));
    printJson(io, { transactions });
    return;
  }
  printTable(
    ['TransactionalId', 'Coordinator', 'ProducerId', 'TransactionState'],
    found.map((each) => [each.transactionalId, String(each.coordinator), String(each.producerId), each.state]),
    io,
  );
}

async function describe({ admin, args, io }: Surroundings): Promise<void> {
  const transactionalId = args['transactional-id']![0]!;
  const what = `Failed to describe transaction state of transactional-id \`${transactionalId}\``;
  const found = await orFail(what, describeTransaction(admin, transactionalId));
  const partitions = hashMapOrder(found.partitions, ({ topic, partition }) => topicPartitionHash(topic, partition));
  const { coordinatorId, producerId, producerEpoch, state, timeoutMs, startTimeMs } = found;
  if (args.json) {
    const transaction: JsonDocument = {
      transactionalId,
      coordinator: coordinatorId,
      producerId,
      producerEpoch,
      state,
      timeoutMs,
      startTimeMs: startTimeMs ?? null,
      partitions: partitions.map(({ topic, partition }) => ({ topic, partition })),
    };
    printJson(io, { transactions: [transaction] });
    return;
  }
  const times = startTimeMs === undefined ? ['None', 'None'] : [String(startTimeMs), String(Date.now() - startTimeMs)];
  printTable(
    [
      'CoordinatorId',
      'TransactionalId',
      'ProducerId',
      'ProducerEpoch',
      'TransactionState',
      'TransactionTimeoutMs',
      'CurrentTransactionStartTimeMs',
      'TransactionDurationMs',
      'TopicPartitions',
    ],
    [
      [
        String(coordinatorId),
        transactionalId,
        String(producerId),
        String(producerEpoch),
        state,
        String(timeoutMs),
        ...times,
        partitions.map(partitionText).join(','),
      ],
    ],
    io,
  );
}

async function describePartitionProducers({ admin, args, io, log }: Surroundings): Promise<void> {
  const partition = partitionOf(args);
  const brokerId = numberOf(args, 'broker-id');
  const where = brokerId === undefined ? 'leader' : `broker ${brokerId}`;
  const what = `Failed to describe producers for partition ${partitionText(partition)} on ${where}`;
  const found = await orFail(what, describeProducers(admin, log, [partition], brokerId));
  const producers = found.get(partitionText(partition))!;
  if (args.json) {
    const documents = producers.map((each) => ({
      producerId: each.producerId,
      producerEpoch: each.producerEpoch,
      coordinatorEpoch: each.coordinatorEpoch ?? null,
      lastSequence: each.lastSequence < 0 ? null : each.lastSequence,
      lastTimestampMs: each.lastTimestampMs < 0 ? null : each.lastTimestampMs,
      transactionStartOffset: each.transactionStartOffset ?? null,
    }));
    printJson(io, { producers: documents });
    return;
  }
  printTable(
    [
      'ProducerId',
      'ProducerEpoch',
      'LatestCoordinatorEpoch',
      'LastSequence',
      'LastTimestamp',
      'CurrentTransactionStartOffset',
    ],
    producers.map((each) => [
      String(each.producerId),
      String(each.producerEpoch),
      String(each.coordinatorEpoch ?? -1),
      String(each.lastSequence),
      String(each.lastTimestampMs),
      String(each.transactionStartOffset ?? 'None'),
    ]),
    io,
  );
}

/** Which transaction to abort, as brokers older than 3.0, which cannot tell, have to be told. */
function givenSpec(args: Options): AbortSpec {
  const demand = (name: string): number => {
    const value = numberOf(args, name);
    if (value === undefined) throw new TerseError(`Missing required argument --${name}`);
    return value;
  };
  const producerId = demand('producer-id');
  const producerEpoch = demand('producer-epoch');
  const coordinatorEpoch = Math.max(LEAST_COORDINATOR_EPOCH, demand('coordinator-epoch'));
  return { ...partitionOf(args), producerId, producerEpoch, coordinatorEpoch };
}

/** Which transaction began at an offset, as the leader has it. */
async function foundSpec({ admin, args, log }: Surroundings, startOffset: number): Promise<AbortSpec> {
  const partition = partitionOf(args);
  const name = partitionText(partition);
  const what = `Failed to validate producer state for partition ${name}`;
  const found = await orFail(what, describeProducers(admin, log, [partition]));
  const producer = found.get(name)!.find(({ transactionStartOffset }) => transactionStartOffset === startOffset);
  if (!producer) {
    throw new TerseError(`Could not find any open transactions starting at offset ${startOffset} on partition ${name}`);
  }
  const { producerId, producerEpoch, coordinatorEpoch = LEAST_COORDINATOR_EPOCH } = producer;
  return { ...partition, producerId, producerEpoch, coordinatorEpoch };
}

async function abort(surroundings: Surroundings): Promise<void> {
  const { admin, args, log } = surroundings;
  const startOffset = numberOf(args, 'start-offset');
  if (startOffset === undefined && args['producer-id'] === undefined) {
    throw new TerseError(
      'The transaction to abort must be identified either with --start-offset (for brokers on 3.0 or above) or with ' +
        '--producer-id, --producer-epoch, and --coordinator-epoch (for older brokers)',
    );
  }
  const spec = startOffset === undefined ? givenSpec(args) : await foundSpec(surroundings, startOffset);
  await orFail(`Failed to abort transaction ${abortSpecText(spec)}`, abortTransaction(admin, log, spec));
}

async function findHangingTransactions({ admin, args, io, log }: Surroundings): Promise<void> {
  const scope = {
    brokerId: numberOf(args, 'broker-id'),
    topic: args.topic?.[0],
    partition: numberOf(args, 'partition'),
    maxTransactionTimeoutMinutes: numberOf(args, 'max-transaction-timeout')!,
  };
  const hanging = await findHanging(admin, scope, log);
  if (args.json) {
    printJson(io, { transactions: hanging.map(hangingJson) });
    return;
  }
  const nowMs = Date.now();
  printTable(
    [
      'Topic',
      'Partition',
      'ProducerId',
      'ProducerEpoch',
      'CoordinatorEpoch',
      'StartOffset',
      'LastTimestamp',
      'Duration(min)',
    ],
    hanging.map(({ topic, partition, producer }) => [
      topic,
      String(partition),
      String(producer.producerId),
      String(producer.producerEpoch),
      String(producer.coordinatorEpoch ?? -1),
      String(producer.transactionStartOffset),
      String(producer.lastTimestampMs),
      String(Math.trunc((nowMs - producer.lastTimestampMs) / MINUTE_MS)),
    ]),
    io,
  );
}

const hangingJson = ({ topic, partition, producer }: OpenTransaction): JsonDocument => ({
  topic,
  partition,
  producerId: producer.producerId,
  producerEpoch: producer.producerEpoch,
  coordinatorEpoch: producer.coordinatorEpoch ?? null,
  startOffset: producer.transactionStartOffset ?? null,
  lastTimestampMs: producer.lastTimestampMs,
});

const COMMANDS = {
  list,
  describe,
  'describe-producers': describePartitionProducers,
  abort,
  'find-hanging': findHangingTransactions,
};

function propertiesOf(path: string | undefined) {
  try {
    return commandProperties(path);
  } catch (thrown) {
    throw thrown instanceof ToolError ? failure('Failed to load admin client properties', thrown) : thrown;
  }
}

/** kafka-transactions (org.apache.kafka.tools.TransactionsCommand). */
export async function transactions(argv: readonly string[], io: Io): Promise<number> {
  const { arguments: args, command, of } = parseTransactionsArguments(argv, io);
  try {
    const admin = await createAdmin(propertiesOf(args['command-config']?.[0]), args['bootstrap-server']![0]!, io);
    try {
      await COMMANDS[command]({ admin, args: of, io, log: logTo(io.stderr) });
    } finally {
      admin.close();
    }
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof TerseError)) throw thrown;
    println(io.stderr, thrown.message);
    return 1;
  }
}
