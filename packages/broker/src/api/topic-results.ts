/** The partitions' results of an answer, topic by topic in the order in which they first came up. */
export class TopicResults<Result> {
  readonly topics: { readonly name: string; readonly partitions: Result[] }[] = [];
  private readonly byName = new Map<string, Result[]>();

  /** Makes the topic appear, if only without partitions. */
  touch(name: string): Result[] {
    let partitions = this.byName.get(name);
    if (partitions === undefined) {
      partitions = [];
      this.byName.set(name, partitions);
      this.topics.push({ name, partitions });
    }
    return partitions;
  }

  add(name: string, result: Result): void {
    this.touch(name).push(result);
  }
}
