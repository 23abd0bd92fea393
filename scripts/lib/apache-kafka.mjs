import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { vendorDir } from './paths.mjs';
import { announce, PlainError } from './say.mjs';

const VERSION = '3.9.1';
const libs = path.join(vendorDir, `apache-kafka-tools-${VERSION}`);
const marker = path.join(libs, '.complete');

const artifacts = [
  ['org.apache.kafka', 'kafka_2.13', VERSION],
  ['org.apache.kafka', 'kafka-tools', VERSION],
  ['org.slf4j', 'slf4j-reload4j', '1.7.36'],
];

const pom = () => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>odradek</groupId><artifactId>apache-kafka</artifactId><version>1</version>
  <dependencies>
${artifacts.map(([group, artifact, version]) => `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`).join('\n')}
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
  if (!fs.existsSync(marker)) fetchJars();
  return path.join(libs, '*');
}

function fetchJars() {
  const progress = announce(`Fetching Apache Kafka ${VERSION} through Maven, to compare with.`);
  fs.mkdirSync(libs, { recursive: true });
  const file = path.join(libs, 'pom.xml');
  fs.writeFileSync(file, pom());
  try {
    execFileSync(
      'mvn',
      ['-q', '-B', '-f', file, 'dependency:copy-dependencies', `-DoutputDirectory=${libs}`, '-DincludeScope=runtime'],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
  } catch (error) {
    throw new PlainError(
      `Apache Kafka could not be fetched (${error.message}): install Maven and Java, or set KAFKA_HOME to a Kafka ${VERSION}.`,
    );
  }
  // Two loggers on one class path quarrel.
  for (const jar of fs.readdirSync(libs)) if (jar.startsWith('logback-')) fs.rmSync(path.join(libs, jar));
  fs.writeFileSync(marker, '');
  progress.done();
}
