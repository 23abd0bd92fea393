import { type Address, listEntries, parseAddress, parseBootstrapServers } from '../client/addresses';
import { exitCodeAfter, TerseError } from '../failures';
import { printJson } from '../json-output';
import { type Io, println } from '../print';
import { addressText } from './address-checks';
import type { Facts, Finding } from './facts';
import { findingsOf } from './findings';
import { gather } from './gather';
import { parseDoctorOptions } from './options';

/** What is as it should be, in a few lines. */
function printState({ cluster }: Facts, io: Io): void {
  if (cluster === null) return;
  const { brokers, partitions, controllerId, clusterId, through } = cluster;
  println(io.stdout, `Cluster ${clusterId ?? '(without an id)'}, asked through ${addressText(through)}.`);
  for (const broker of brokers) {
    const role = broker.id === controllerId ? ', the controller' : '';
    const state = broker.reach.kind === 'served' ? 'answers' : 'cannot be reached';
    println(io.stdout, `Broker ${broker.id}${role}: ${state} at ${addressText(broker)}.`);
  }
  println(io.stdout, `${new Set(partitions.map(({ topic }) => topic)).size} topics, ${partitions.length} partitions.`);
}

function printFindings(findings: readonly Finding[], io: Io): void {
  for (const { level, problem, remedy } of findings) {
    println(io.stdout, `\n${level === 'error' ? 'ERROR' : 'WARNING'}: ${problem}\n  To mend it: ${remedy}`);
  }
  if (findings.length === 0) println(io.stdout, '\nNothing is wrong.');
}

const jsonOf = ({ bootstrap, cluster }: Facts, findings: readonly Finding[]) => ({
  bootstrap: bootstrap.map(({ host, port, reach }) => ({ host, port, reach: reach.kind })),
  clusterId: cluster?.clusterId ?? null,
  controllerId: cluster === null || cluster.controllerId < 0 ? null : cluster.controllerId,
  brokers: (cluster?.brokers ?? []).map(({ id, host, port, reach, answeringId }) => ({
    ...{ id, host, port, reach: reach.kind, answeringId },
  })),
  findings: findings.map(({ level, problem, remedy }) => ({ level, problem, remedy })),
});

/** Throws `TerseError` with what to type instead. */
function addressesIn(list: string): Address[] {
  const bare = listEntries(list).find((entry) => entry !== '' && parseAddress(entry) === undefined);
  if (bare !== undefined) throw new TerseError(`${bare} has no port: give HOST:PORT, such as ${bare}:9092.`);
  const addresses = parseBootstrapServers(list);
  if (addresses.length === 0) throw new TerseError('--bootstrap-server names no address: give HOST:PORT.');
  return addresses;
}

/** kafka-doctor: dials every address as a client would, and says what is wrong and what to do. Exit code 1 for errors. */
export const doctor = async (argv: readonly string[], io: Io): Promise<number> => {
  let hasErrors = false;
  const code = await exitCodeAfter(io, async () => {
    const { bootstrapServers, timeoutMs, asJson } = parseDoctorOptions(argv, io);
    const addresses = addressesIn(bootstrapServers);
    const facts = await gather(addresses, timeoutMs);
    const findings = findingsOf(facts);
    hasErrors = findings.some(({ level }) => level === 'error');
    if (asJson) printJson(io, jsonOf(facts, findings));
    else {
      printState(facts, io);
      printFindings(findings, io);
    }
  });
  return code === 0 && hasErrors ? 1 : code;
};
