/**
 * Every tool that has a launcher in `bin/` and the Java classes that Apache's `kafka-run-class.sh` is asked for by name.
 * The build makes `packages/tools/dist/NAME.js` of each; old class names stay, tutorials use them.
 */
export const tools = [
  { name: 'kafka-topics', classes: ['org.apache.kafka.tools.TopicCommand', 'kafka.admin.TopicCommand'] },
  {
    name: 'kafka-console-producer',
    classes: ['kafka.tools.ConsoleProducer', 'org.apache.kafka.tools.ConsoleProducer'],
  },
  {
    name: 'kafka-console-consumer',
    classes: ['org.apache.kafka.tools.consumer.ConsoleConsumer', 'kafka.tools.ConsoleConsumer'],
  },
  {
    name: 'kafka-consumer-groups',
    classes: ['org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', 'kafka.admin.ConsumerGroupCommand'],
  },
  { name: 'kafka-configs', classes: ['kafka.admin.ConfigCommand'] },
  { name: 'kafka-get-offsets', classes: ['org.apache.kafka.tools.GetOffsetShell', 'kafka.tools.GetOffsetShell'] },
  {
    name: 'kafka-delete-records',
    classes: ['org.apache.kafka.tools.DeleteRecordsCommand', 'kafka.admin.DeleteRecordsCommand'],
  },
  {
    name: 'kafka-broker-api-versions',
    classes: ['kafka.admin.BrokerApiVersionsCommand', 'org.apache.kafka.tools.BrokerApiVersionsCommand'],
  },
  { name: 'kafka-dump-log', classes: ['kafka.tools.DumpLogSegments', 'org.apache.kafka.tools.DumpLogSegments'] },
  { name: 'kafka-verifiable-producer', classes: ['org.apache.kafka.tools.VerifiableProducer'] },
  { name: 'kafka-producer-perf-test', classes: ['org.apache.kafka.tools.ProducerPerformance'] },
  { name: 'kafka-log-dirs', classes: ['org.apache.kafka.tools.LogDirsCommand', 'kafka.admin.LogDirsCommand'] },
  {
    name: 'kafka-reassign-partitions',
    classes: ['org.apache.kafka.tools.reassign.ReassignPartitionsCommand', 'kafka.admin.ReassignPartitionsCommand'],
  },
  {
    name: 'kafka-leader-election',
    classes: ['org.apache.kafka.tools.LeaderElectionCommand', 'kafka.admin.LeaderElectionCommand'],
  },
  {
    name: 'kafka-replica-verification',
    classes: ['org.apache.kafka.tools.ReplicaVerificationTool', 'kafka.tools.ReplicaVerificationTool'],
  },
  { name: 'kafka-cluster', classes: ['org.apache.kafka.tools.ClusterTool', 'kafka.tools.ClusterTool'] },
  { name: 'kafka-features', classes: ['org.apache.kafka.tools.FeatureCommand', 'kafka.admin.FeatureCommand'] },
  { name: 'kafka-client-metrics', classes: ['org.apache.kafka.tools.ClientMetricsCommand'] },
  { name: 'kafka-verifiable-consumer', classes: ['org.apache.kafka.tools.VerifiableConsumer'] },
  {
    name: 'kafka-consumer-perf-test',
    classes: ['org.apache.kafka.tools.ConsumerPerformance', 'kafka.tools.ConsumerPerformance'],
  },
  { name: 'kafka-e2e-latency', classes: ['org.apache.kafka.tools.EndToEndLatency', 'kafka.tools.EndToEndLatency'] },
  {
    name: 'kafka-streams-application-reset',
    classes: ['org.apache.kafka.tools.StreamsResetter', 'kafka.tools.StreamsResetter'],
  },
  { name: 'kafka-transactions', classes: ['org.apache.kafka.tools.TransactionsCommand'] },
  { name: 'kafka-acls', classes: ['kafka.admin.AclCommand'] },
  {
    name: 'kafka-delegation-tokens',
    classes: ['org.apache.kafka.tools.DelegationTokenCommand', 'kafka.admin.DelegationTokenCommand'],
  },
  {
    name: 'kafka-metadata-quorum',
    classes: ['org.apache.kafka.tools.MetadataQuorumCommand', 'kafka.admin.MetadataQuorumCommand'],
  },
  { name: 'kafka-storage', classes: ['kafka.tools.StorageTool'] },
  { name: 'zookeeper-security-migration', classes: ['kafka.admin.ZkSecurityMigrator'] },
  // Ours alone.
  { name: 'kafka-doctor', classes: [] },
  {
    name: 'zookeeper-shell',
    classes: ['org.apache.zookeeper.ZooKeeperMainWithTlsSupportForKafka', 'org.apache.zookeeper.ZooKeeperMain'],
  },
];
