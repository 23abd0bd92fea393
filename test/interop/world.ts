import fs from 'node:fs';
import path from 'node:path';
import { ask, freePort } from '../support/ports';
import { removeDir, ServerProcess, tempDir, writeProperties } from '../support/process';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';

/** Where the two brokers come from. */
export interface Programs {
  /** Our broker as one file for node. */
  readonly brokerBundle: string;
  readonly java: string;
  /** Apache Kafka's jars. */
  readonly classPath: string;
  /** Apache's broker in our place: what still differs then is no matter of brokers, but of the comparison. */
  readonly self: boolean;
}

export const SIDES = ['ours', 'apache'] as const;
export type SideName = (typeof SIDES)[number];

export type Settings = Readonly<Record<string, string | number>>;

/** A running broker. */
export interface Side {
  readonly name: SideName;
  readonly port: number;
  readonly logDir: string;
  readonly process: ServerProcess;
}

export interface World {
  /** `host:port` of the ZooKeeper server that both have. */
  readonly zooKeeper: string;
  readonly sides: Readonly<Record<SideName, Side>>;
  /**
   * Ends both brokers and starts them again on what they have left, with other settings besides. `whileDown` comes in
   * between.
   */
  restart(
    end: NodeJS.Signals,
    options?: { readonly settings?: Settings; readonly whileDown?: () => Promise<void> },
  ): Promise<void>;
  stop(): Promise<void>;
}

/** The same for both; topics are made at once, and rebalances do not wait. */
const SETTINGS = {
  'broker.id': 0,
  'broker.rack': 'r1',
  'num.partitions': 1,
  'auto.create.topics.enable': 'true',
  'offsets.topic.replication.factor': 1,
  'offsets.topic.num.partitions': 3,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.num.partitions': 3,
  'transaction.state.log.min.isr': 1,
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': 500,
  'group.initial.rebalance.delay.ms': 0,
  // Records here bear old timestamps, so that the broker's own can be told from them.
  'log.retention.ms': -1,
  'controlled.shutdown.enable': 'false',
  // Elections only where a scenario asks for them.
  'auto.leader.rebalance.enable': 'false',
  'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
};

const LOG4J = `log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=[%d] %p %m (%c)%n
`;

/** Metadata v1 for no topic: key 3, version 1, correlation id 1, no client id, an empty array. */
const METADATA = Buffer.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0]);
const isWholeFrame = (bytes: Buffer) => bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0);

async function serves(port: number): Promise<boolean> {
  const answer = await ask(port, METADATA, isWholeFrame);
  return answer !== undefined && answer.length >= 12 && answer.readInt32BE(8) > 0;
}

/** A side's folder, and its path in ZooKeeper: names of one length, so that answers that name them have one size. */
export const chroot = (name: SideName): string => (name === 'ours' ? 'ours--' : 'apache');

/** Where a side lives: its port and its folder stay what they are when its broker is started again. */
interface Place {
  readonly name: SideName;
  readonly port: number;
  readonly logDir: string;
  readonly home: string;
}

async function placeOf(name: SideName, dir: string): Promise<Place> {
  const home = path.join(dir, chroot(name));
  fs.mkdirSync(home);
  return { name, port: await freePort(), logDir: path.join(home, 'logs'), home };
}

async function startSide(place: Place, zooKeeper: TestZooKeeper, programs: Programs, others: Settings): Promise<Side> {
  const { name, port, logDir, home } = place;
  const file = path.join(home, 'server.properties');
  writeProperties(file, {
    ...SETTINGS,
    listeners: `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': logDir,
    // Each has a tree of its own.
    'zookeeper.connect': `${zooKeeper.connect}/${path.basename(home)}`,
    ...others,
  });
  const started =
    name === 'ours' && !programs.self
      ? new ServerProcess(process.execPath, [programs.brokerBundle, file], { LOG_LEVEL: 'WARN' })
      : new ServerProcess(programs.java, [
          '-Xmx512m',
          '-XX:+UseSerialGC',
          '-XX:TieredStopAtLevel=1',
          `-Dlog4j.configuration=file:${path.join(home, '..', 'log4j.properties')}`,
          '-cp',
          programs.classPath,
          'kafka.Kafka',
          file,
        ]);
  await started.until(() => serves(port), 120_000);
  return { name, port, logDir, process: started };
}

/** Starts one ZooKeeper and both brokers on it, each below a path of its own, with the same settings. */
export async function startWorld(programs: Programs): Promise<World> {
  const dir = tempDir('interop');
  fs.writeFileSync(path.join(dir, 'log4j.properties'), LOG4J);
  const zooKeeper = await startZooKeeper({ tickTime: 2000, minSessionTimeout: 4000 });
  const places = await Promise.all(SIDES.map((name) => placeOf(name, dir)));
  const startAll = async (settings: Settings): Promise<Record<SideName, Side>> => {
    const [ours, apache] = await Promise.all(places.map((place) => startSide(place, zooKeeper, programs, settings)));
    return { ours: ours!, apache: apache! };
  };
  let sides = await startAll({});
  const endAll = (end: NodeJS.Signals) => Promise.all(SIDES.map((name) => sides[name].process.stop(end)));
  return {
    zooKeeper: zooKeeper.connect,
    get sides() {
      return sides;
    },
    async restart(end, { settings = {}, whileDown } = {}) {
      await endAll(end);
      await whileDown?.();
      sides = await startAll(settings);
    },
    async stop() {
      await endAll('SIGKILL');
      await zooKeeper.stop();
      removeDir(dir);
    },
  };
}
