import { executionError } from '../client/futures';
import { type Io, println } from '../print';
import { ToolError } from '../tool-error';
import type { Options } from './arguments';
import { allGroups, type Clients, inGroupOrder } from './collect';

/** `--delete`: whole groups. */
export async function runDelete(clients: Clients, options: Options, io: Io): Promise<void> {
  const groupIds = options.has('all-groups') ? await allGroups(clients) : options.valuesOf('group');
  const results = await clients.groups.deleteGroups(groupIds);
  const names = inGroupOrder([...results.keys()]);
  const deleted = names.filter((groupId) => !(results.get(groupId) instanceof ToolError));
  const failed = names.filter((groupId) => results.get(groupId) instanceof ToolError);
  if (failed.length === 0) {
    println(io.stdout, `Deletion of requested consumer groups ('${deleted.join(', ')}') was successful.`);
    return;
  }
  println(io.stdout, '\nError: Deletion of some consumer groups failed:');
  for (const groupId of failed) {
    const error = executionError(results.get(groupId) as ToolError);
    println(io.stdout, `* Group '${groupId}' could not be deleted due to: ${error.line}`);
  }
  if (deleted.length === 0) return;
  // The quotation marks are as Kafka 3.9 sets them.
  println(io.stdout, `\nThese consumer groups were deleted successfully: '${deleted.join("'")}', '`);
}
