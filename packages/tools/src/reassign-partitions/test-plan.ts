/** A `--reassignment-json-file` for tests. */
export const plan = (...partitions: object[]): string => JSON.stringify({ version: 1, partitions });
/** An entry of it. */
export const entry = (topic: string, partition: number, replicas: number[], log_dirs?: string[]) => ({
  topic,
  partition,
  replicas,
  log_dirs,
});
