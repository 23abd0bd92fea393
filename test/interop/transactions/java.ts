import { ServerProcess } from '../../support/process';
import type { Kafka } from '../mixed/member';

/** A program of Apache's, on a small heap, with warnings only beside what it prints. */
export function startJava({ java, classPath }: Kafka, mainClass: string, args: readonly string[]): ServerProcess {
  const heap = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const logging = ['-Dlog4j.rootLogger=WARN,err', '-Dlog4j.defaultInitOverride=false'];
  return new ServerProcess(java, [...heap, ...logging, '-cp', classPath, mainClass, ...args]);
}
