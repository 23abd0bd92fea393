import { DEFAULT_OPTIONS } from '../args/default-options';
import type { OptionDeclarations } from '../args/joptsimple';
import { listed, TOPIC_CONFIG_NAMES } from '../config-names';
import { JSON_OPTION } from '../json-output';

/** The options of kafka-topics. */
export const TOPICS_OPTIONS = {
  ...DEFAULT_OPTIONS,
  'bootstrap-server': {
    description: 'REQUIRED: The Kafka server to connect to.',
    type: 'String',
    describedAs: 'server to connect to',
  },
  'command-config': {
    description:
      'Property file containing configs to be passed to Admin Client. This is used only with --bootstrap-server option for describing and altering broker configs.',
    type: 'String',
    describedAs: 'command config property file',
  },
  list: { description: 'List all available topics.' },
  create: { description: 'Create a new topic.' },
  delete: { description: 'Delete a topic' },
  alter: {
    description:
      'Alter the number of partitions and replica assignment. Update the configuration of an existing topic via --alter is no longer supported here (the kafka-configs CLI supports altering topic configs with a --bootstrap-server option).',
  },
  describe: { description: 'List details for the given topics.' },
  topic: {
    description:
      'The topic to create, alter, describe or delete. It also accepts a regular expression, except for --create option. Put topic name in double quotes and use the \'\\\' prefix to escape regular expression symbols; e.g. "test\\.topic".',
    type: 'String',
    describedAs: 'topic',
  },
  'topic-id': {
    description: 'The topic-id to describe.This is used only with --bootstrap-server option for describing topics.',
    type: 'String',
    describedAs: 'topic-id',
  },
  config: {
    description: `A topic configuration override for the topic being created. The following is a list of valid configurations: \n${listed(TOPIC_CONFIG_NAMES)}\nSee the Kafka documentation for full details on the topic configs. It is supported only in combination with --create if --bootstrap-server option is used (the kafka-configs CLI supports altering topic configs with a --bootstrap-server option).`,
    type: 'String',
    describedAs: 'name=value',
  },
  'delete-config': {
    description:
      'A topic configuration override to be removed for an existing topic (see the list of configurations under the --config option). Not supported with the --bootstrap-server option.',
    type: 'String',
    describedAs: 'name',
  },
  partitions: {
    description:
      'The number of partitions for the topic being created or altered (WARNING: If partitions are increased for a topic that has a key, the partition logic or ordering of the messages will be affected). If not supplied for create, defaults to the cluster default.',
    type: 'Integer',
    describedAs: '# of partitions',
  },
  'replication-factor': {
    description:
      'The replication factor for each partition in the topic being created. If not supplied, defaults to the cluster default.',
    type: 'Integer',
    describedAs: 'replication factor',
  },
  'replica-assignment': {
    description: 'A list of manual partition-to-broker assignments for the topic being created or altered.',
    type: 'String',
    describedAs:
      'broker_id_for_part1_replica1 : broker_id_for_part1_replica2 , broker_id_for_part2_replica1 : broker_id_for_part2_replica2 , ...',
  },
  'under-replicated-partitions': {
    description: 'if set when describing topics, only show under replicated partitions',
  },
  'unavailable-partitions': {
    description: 'if set when describing topics, only show partitions whose leader is not available',
  },
  'under-min-isr-partitions': {
    description:
      'if set when describing topics, only show partitions whose isr count is less than the configured minimum.',
  },
  'at-min-isr-partitions': {
    description:
      'if set when describing topics, only show partitions whose isr count is equal to the configured minimum.',
  },
  'topics-with-overrides': {
    description: 'if set when describing topics, only show topics that have overridden configs',
  },
  'if-exists': {
    description:
      'if set when altering or deleting or describing topics, the action will only execute if the topic exists.',
  },
  'if-not-exists': {
    description: 'if set when creating topics, the action will only execute if the topic does not already exist.',
  },
  'exclude-internal': {
    description:
      'exclude internal topics when running list or describe command. The internal topics will be listed by default',
  },
  'partition-size-limit-per-response': {
    description: 'the maximum partition size to be included in one DescribeTopicPartitions response.',
    type: 'Integer',
    describedAs: 'maximum number of partitions in one response.',
  },
  ...JSON_OPTION,
} as const satisfies OptionDeclarations;
