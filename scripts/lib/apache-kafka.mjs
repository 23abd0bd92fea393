import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { vendorDir } from './paths.mjs';
import { announce, PlainError } from './say.mjs';

const VERSION = '3.9.1';

const BROKER = [
  ['org.apache.kafka', 'kafka_2.13', VERSION],
  ['org.apache.kafka', 'kafka-tools', VERSION],
  ['org.slf4j', 'slf4j-reload4j', '1.7.36'],
];

/** Kafka Streams and the programs of its system tests. */
const STREAMS_TESTS = [
  ['org.apache.kafka', 'kafka-streams', VERSION],
  ['org.apache.kafka', 'kafka-streams', VERSION, 'test'],
  ['org.apache.kafka', 'kafka-clients', VERSION, 'test'],
];

/** Kafka Connect, the file connectors, MirrorMaker. */
const CONNECT = ['runtime', 'file', 'json', 'transforms', 'mirror'].map((artifact) => [
  'org.apache.kafka',
  `connect-${artifact}`,
  VERSION,
]);

const dependency = ([group, artifact, version, classifier]) =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>${classifier ? `<classifier>${classifier}</classifier>` : ''}</dependency>`;

const pom = (artifacts) => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>odradek</groupId><artifactId>apache-kafka</artifactId><version>1</version>
  <dependencies>
${artifacts.map((artifact) => `    ${dependency(artifact)}`).join('\n')}
  </dependencies>
</project>
`;

/**
 * Where Apache Kafka's own broker is, for comparisons: KAFKA_HOME, else `.vendor/`, filled through Maven when it is not.
 * @returns {string} a class path
 */
export function resolveApacheKafka() {
  const { KAFKA_HOME } = process.env;
  if (KAFKA_HOME) {
    if (!fs.existsSync(path.join(KAFKA_HOME, 'libs')))
      throw new PlainError(`KAFKA_HOME=${KAFKA_HOME} has no libs folder.`);
    return path.join(KAFKA_HOME, 'libs', '*');
  }
  return fetched(`apache-kafka-tools-${VERSION}`, `Apache Kafka ${VERSION}`, BROKER);
}

/**
 * Where Kafka Streams' system tests are, in `.vendor/`, filled through Maven.
 * @returns {string} a class path, to be put after the broker's
 */
export function resolveStreamsTests() {
  return fetched(`kafka-streams-tests-${VERSION}`, `the tests of Kafka Streams ${VERSION}`, STREAMS_TESTS);
}

/**
 * Where Apache's Connect is: in KAFKA_HOME, else in `.vendor/`, filled through Maven.
 * @returns {string} a class path, to be put after the broker's
 */
export function resolveConnect() {
  if (process.env.KAFKA_HOME) return resolveApacheKafka();
  return fetched(`kafka-connect-${VERSION}`, `Apache's Kafka Connect ${VERSION}`, CONNECT);
}

function fetched(folder, name, artifacts) {
  const libs = path.join(vendorDir, folder);
  const marker = path.join(libs, '.complete');
  if (!fs.existsSync(marker)) {
    fetchJars(libs, name, artifacts);
    fs.writeFileSync(marker, '');
  }
  return path.join(libs, '*');
}

function fetchJars(libs, name, artifacts) {
  const progress = announce(`Fetching ${name} through Maven, to compare with.`);
  fs.mkdirSync(libs, { recursive: true });
  const file = path.join(libs, 'pom.xml');
  fs.writeFileSync(file, pom(artifacts));
  try {
    execFileSync(
      'mvn',
      ['-q', '-B', '-f', file, 'dependency:copy-dependencies', `-DoutputDirectory=${libs}`, '-DincludeScope=runtime'],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
  } catch (error) {
    throw new PlainError(
      `${name} could not be fetched (${error.message}): install Maven and Java, or set KAFKA_HOME to a Kafka ${VERSION}.`,
    );
  }
  // Two loggers on one class path quarrel.
  for (const jar of fs.readdirSync(libs)) if (jar.startsWith('logback-')) fs.rmSync(path.join(libs, jar));
  progress.done();
}
