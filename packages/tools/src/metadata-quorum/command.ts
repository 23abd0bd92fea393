import { existsSync } from 'node:fs';
import { type Admin, commandProperties, createAdmin } from '../client/admin';
import { requireController } from '../client/bootstrap-controller';
import { execute } from '../client/futures';
import type { Properties } from '../client/properties';
import { exitCodeAfter, TerseError } from '../failures';
import { parseUuid } from '../java-uuid';
import { type Io, println } from '../print';
import { ServerError, ToolError } from '../tool-error';
import { parseMetadataQuorumArguments } from './arguments';
import { newControllerOf } from './controller-config';

/** The requests to a quorum of controllers, which clusters on ZooKeeper have not (KIP-595, KIP-853). */
const DESCRIBE_QUORUM = { key: 55, name: 'DESCRIBE_QUORUM' };
const ADD_RAFT_VOTER = { key: 80, name: 'ADD_RAFT_VOTER' };
const REMOVE_RAFT_VOTER = { key: 81, name: 'REMOVE_RAFT_VOTER' };

type Flags = Readonly<Record<string, readonly string[] | undefined>>;

/** Who is asked, and how: `--bootstrap-controller` speaks to controllers alone. */
interface Quorum {
  readonly admin: Admin;
  readonly viaControllers: boolean;
  readonly io: Io;
}

/** Where a request would be sent: brokers of a cluster on ZooKeeper do not serve it, and others are not spoken to here. */
async function refuse({ admin, viaControllers, io }: Quorum, { key, name }: { key: number; name: string }) {
  if (viaControllers) await execute(admin, 'fetchMetadata', (call) => requireController(admin, call, io));
  return execute(admin, name, async ({ deadlineMs }): Promise<never> => {
    const { connection } = await admin.client.connectAny(deadlineMs);
    if (!connection.advertised.has(key)) {
      throw new ServerError('UNSUPPORTED_VERSION', `The node does not support ${name}`);
    }
    throw new TerseError('This cluster keeps its metadata in a KRaft quorum; this tool is for clusters on ZooKeeper.');
  });
}

async function describe(quorum: Quorum, flags: Flags): Promise<void> {
  const [status, replication] = [flags.status !== undefined, flags.replication !== undefined];
  if (status && replication) {
    throw new TerseError('Only one of --status or --replication should be specified with describe sub-command');
  }
  if (!status && !replication) {
    throw new TerseError('One of --status or --replication must be specified with describe sub-command');
  }
  if (flags['human-readable'] !== undefined && !replication) {
    throw new TerseError('The option --human-readable is only supported along with --replication');
  }
  await refuse(quorum, DESCRIBE_QUORUM);
}

async function addController(quorum: Quorum, flags: Flags, properties: Properties | undefined): Promise<void> {
  if (properties === undefined) {
    throw new TerseError(
      'You must supply the configuration file of the controller you are adding when using add-controller.',
    );
  }
  const { id, directoryId, endpoints } = newControllerOf(properties);
  if (flags['dry-run'] === undefined) await refuse(quorum, ADD_RAFT_VOTER);
  const what = `controller ${id} with directory id ${directoryId} and endpoints: ${endpoints.join(', ')}`;
  println(quorum.io.stdout, `DRY RUN of adding ${what}`);
}

function directoryIdOf(text: string): string {
  try {
    return parseUuid(text);
  } catch (thrown) {
    throw thrown instanceof ToolError
      ? new TerseError(`Failed to parse --controller-directory-id: ${thrown.message}`)
      : thrown;
  }
}

async function removeController(quorum: Quorum, flags: Flags): Promise<void> {
  const id = Number(flags['controller-id']![0]);
  if (id < 0) throw new TerseError(`Invalid negative --controller-id: ${id}`);
  const directoryId = directoryIdOf(flags['controller-directory-id']![0]!);
  if (flags['dry-run'] === undefined) await refuse(quorum, REMOVE_RAFT_VOTER);
  println(quorum.io.stdout, `DRY RUN of removing  KRaft controller ${id} with directory id ${directoryId}`);
}

function propertiesOf(path: string | undefined): Properties | undefined {
  if (path === undefined) return undefined;
  if (!existsSync(path)) throw new TerseError(`Properties file ${path} does not exists!`);
  return commandProperties(path);
}

/** kafka-metadata-quorum (org.apache.kafka.tools.MetadataQuorumCommand), as far as clusters on ZooKeeper answer it. */
export const metadataQuorum = (argv: readonly string[], io: Io): Promise<number> =>
  exitCodeAfter(io, async () => {
    const { arguments: connection, command, of } = parseMetadataQuorumArguments(argv, io);
    const properties = propertiesOf(connection['command-config']?.[0]);
    const controllers = connection['bootstrap-controller']?.[0];
    const admin = await createAdmin(properties ?? new Map(), controllers ?? connection['bootstrap-server']![0]!, io);
    try {
      const quorum = { admin, viaControllers: controllers !== undefined, io };
      if (command === 'describe') await describe(quorum, of);
      else if (command === 'add-controller') await addController(quorum, of, properties);
      else await removeController(quorum, of);
    } finally {
      admin.close();
    }
  });
