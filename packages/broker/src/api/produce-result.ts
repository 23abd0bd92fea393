/** What becomes of a produce request's records, as its answer tells. */
export interface PartitionResult {
  readonly index: number;
  errorCode: number;
  baseOffset: number;
  logAppendTimeMs: number;
  logStartOffset: number;
  recordErrors?: readonly { batchIndex: number; batchIndexErrorMessage: string | null }[];
  errorMessage?: string | null;
  currentLeader?: { leaderId: number; leaderEpoch: number };
}

export interface TopicResult {
  readonly name: string;
  readonly partitionResponses: PartitionResult[];
}
