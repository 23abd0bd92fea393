import { commandProperties, createAdmin } from '../client/admin';
import { GroupsAdmin } from '../client/groups-admin';
import { type Io, logTo, println } from '../print';
import { Exit, runtimeException, ToolError } from '../tool-error';
import { type GroupsArguments, parseGroupsArguments } from './arguments';
import type { Clients } from './collect';
import { runDelete } from './delete';
import { runDeleteOffsets } from './delete-offsets';
import { runDescribe } from './describe';
import { runList } from './list';
import { runReset } from './reset';

const ILLEGAL_ARGUMENT = 'java.lang.IllegalArgumentException';

async function connect({ options }: GroupsArguments, io: Io): Promise<Clients> {
  const properties = readProperties(options.valueOf('command-config'));
  const admin = await createAdmin(properties, options.valueOf('bootstrap-server')!, io);
  const within = admin.within(options.valueOf('timeout')!);
  return { admin: within, groups: new GroupsAdmin(within, logTo(io.stderr)) };
}

function readProperties(path: string | undefined) {
  try {
    return commandProperties(path);
  } catch (thrown) {
    throw thrown instanceof ToolError ? runtimeException(thrown) : thrown;
  }
}

async function run(clients: Clients, args: GroupsArguments, io: Io): Promise<number> {
  const { options, action } = args;
  switch (action) {
    case 'list':
      await runList(clients, options, io);
      return 0;
    case 'describe':
      return runDescribe(clients, options, io);
    case 'delete':
      await runDelete(clients, options, io);
      return 0;
    case 'reset-offsets':
      await runReset(clients, args, io);
      return 0;
    case 'delete-offsets':
      await runDeleteOffsets(clients, options, io);
      return 0;
    default:
      return action satisfies never;
  }
}

/**
 * kafka-consumer-groups (org.apache.kafka.tools.consumer.group.ConsumerGroupCommand). A command that fails says so on
 * stdout and ends with 0: scripts know it so. With --json, which Kafka's tool does not have, it ends with 1.
 */
export async function consumerGroups(argv: readonly string[], io: Io): Promise<number> {
  const args = parseGroupsArguments(argv, io);
  let clients: Clients | undefined;
  try {
    clients = await connect(args, io);
    return await run(clients, args, io);
  } catch (thrown) {
    if (thrown instanceof Exit || !(thrown instanceof ToolError)) throw thrown;
    if (thrown.className === ILLEGAL_ARGUMENT) return args.usage.fail(thrown.message);
    const message = `\nError: Executing consumer group command failed due to ${thrown.message}`;
    if (args.options.has('json')) {
      println(io.stderr, message);
      return 1;
    }
    println(io.stdout, message);
    println(io.stderr, thrown.toString());
    return 0;
  } finally {
    clients?.admin.close();
  }
}
