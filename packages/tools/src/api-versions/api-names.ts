/** APIs that a 3.9 client knows and that no ZooKeeper-mode broker serves: listed as UNSUPPORTED (ApiKeys.clientApis). */
export const KRAFT_CLIENT_APIS: ReadonlyMap<number, string> = new Map([
  [55, 'DescribeQuorum'],
  [64, 'UnregisterBroker'],
  [71, 'GetTelemetrySubscriptions'],
  [72, 'PushTelemetry'],
  [74, 'ListClientMetricsResources'],
  [75, 'DescribeTopicPartitions'],
  [76, 'ShareGroupHeartbeat'],
  [77, 'ShareGroupDescribe'],
  [78, 'ShareFetch'],
  [79, 'ShareAcknowledge'],
  [80, 'AddRaftVoter'],
  [81, 'RemoveRaftVoter'],
  [83, 'InitializeShareGroupState'],
  [84, 'ReadShareGroupState'],
  [85, 'WriteShareGroupState'],
  [86, 'DeleteShareGroupState'],
  [87, 'ReadShareGroupStateSummary'],
]);

/** The newest version that a 3.9 client speaks of those that a KRaft broker may offer. */
export const KRAFT_LATEST_VERSION: ReadonlyMap<number, number> = new Map([[55, 2]]);
