import { resolve } from 'node:path';
import { scalaHashOrder, stringHash } from '../java-order';
import { type Outs, println } from '../print';

/** Problems of one kind: file by file, each file under a title. */
class ProblemList {
  private readonly byPath = new Map<string, string[]>();

  /** @param isLatestFirst Scala's lists grow at their heads */
  constructor(
    private readonly titleOf: (path: string) => string,
    private readonly isLatestFirst: boolean,
  ) {}

  add(path: string, line: string): void {
    const absolute = resolve(path);
    const lines = this.byPath.get(absolute) ?? [];
    lines.push(line);
    this.byPath.set(absolute, lines);
  }

  print({ stderr }: Outs): void {
    // DumpLogSegments keeps files in a hash map, and prints it as it iterates.
    for (const [path, lines] of scalaHashOrder([...this.byPath], ([path]) => stringHash(path))) {
      println(stderr, this.titleOf(path));
      for (const line of this.isLatestFirst ? lines.reverse() : lines) println(stderr, line);
    }
  }
}

/** What is wrong with files, told after all of them were dumped. */
export class Problems {
  readonly indexMismatches = new ProblemList((path) => `Mismatches in :${path}`, true);
  readonly timestampMismatches = new ProblemList((path) => `Found timestamp mismatch in :${path}`, false);
  readonly outOfOrder = new ProblemList((path) => `Found out of order timestamp in :${path}`, false);
  readonly notFound = new ProblemList(() => 'The following indexed offsets are not found in the log.', false);
  readonly gaps = new ProblemList((path) => `Non-consecutive offsets in ${path}`, true);

  print(outs: Outs): void {
    for (const list of [this.indexMismatches, this.timestampMismatches, this.outOfOrder, this.notFound, this.gaps]) {
      list.print(outs);
    }
  }
}
