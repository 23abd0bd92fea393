import path from 'node:path';
import { home } from './paths.mjs';
import { resolveZooKeeper } from './zookeeper-home.mjs';

const mainClass = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
const words = (text) => text.split(/\s+/).filter(Boolean);

/** For a machine that somebody works on: serving after 0.4 s, about 75 MB. */
export const smallJvm = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
const defaultJvm = ['-Xmx512M', '-XX:+UseSerialGC'];

/**
 * The command that runs ZooKeeper's server, without its configuration file.
 * The variables that Apache's scripts read for a JVM keep their meaning here: KAFKA_HEAP_OPTS, KAFKA_JVM_PERFORMANCE_OPTS,
 * KAFKA_LOG4J_OPTS, KAFKA_JMX_OPTS, KAFKA_OPTS.
 * @param {string[]} jvmFlags flags to use where neither KAFKA_HEAP_OPTS nor KAFKA_JVM_PERFORMANCE_OPTS is set
 * @returns {Promise<{ command: string, args: string[], version: string }>}
 */
export async function zooKeeperCommand(jvmFlags = defaultJvm) {
  const { java, classPath, version, log } = await resolveZooKeeper();
  const { env } = process;
  const given = words(`${env.KAFKA_HEAP_OPTS ?? ''} ${env.KAFKA_JVM_PERFORMANCE_OPTS ?? ''}`);
  const logFlags = env.KAFKA_LOG4J_OPTS ? words(env.KAFKA_LOG4J_OPTS) : defaultLogFlags[log];
  const args = [
    ...(given.length > 0 ? given : jvmFlags),
    '-Djava.awt.headless=true',
    ...logFlags,
    ...words(`${env.KAFKA_JMX_OPTS ?? ''} ${env.KAFKA_OPTS ?? ''}`),
    '-cp',
    classPath,
    mainClass,
  ];
  return { command: java, args, version };
}

const configFile = (name) => `file:${path.join(home, 'config', name)}`;

/** One line a message on stdout, as Apache's scripts show it, whichever logging library the jars came with. */
const defaultLogFlags = {
  log4j: [`-Dlog4j.configuration=${configFile('zookeeper-log4j.properties')}`, '-Dzookeeper.jmx.log4j.disable=true'],
  logback: [`-Dlogback.configurationFile=${path.join(home, 'config', 'zookeeper-logback.xml')}`],
  simple: [
    '-Dorg.slf4j.simpleLogger.logFile=System.out',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=[yyyy-MM-dd HH:mm:ss,SSS]',
    '-Dorg.slf4j.simpleLogger.showThreadName=false',
  ],
};
