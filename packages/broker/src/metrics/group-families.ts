import { type Family, gauge, type Sample } from './families';

/** What is read of a group. */
export interface ObservedGroup {
  readonly groupId: string;
  readonly core: { readonly state: string };
  readonly offsets: {
    readonly size: number;
    all(): Iterable<readonly [topic: string, partition: number, committed: { readonly offset: number }]>;
  };
}

export interface GroupSource {
  /** Those that this broker coordinates. */
  readonly groups: () => Iterable<ObservedGroup>;
  /** Null for a partition that this broker does not lead: it cannot know how far behind a group is there. */
  readonly highWatermarkOf: (topic: string, partition: number) => number | null;
}

const PREFIX = 'kafka_coordinator_group_groupmetadatamanager';
const STATES = ['PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead', 'Empty'];

/** Groups that this broker coordinates (GroupMetadataManager), and how far behind they are, as kafka_exporter names it. */
export function groupFamilies(source: GroupSource): Family[] {
  const countGroups = (state: string | null): number => {
    let found = 0;
    for (const { core } of source.groups()) if (state === null || core.state === state) found++;
    return found;
  };
  return [
    gauge(`${PREFIX}_numgroups`, 'Groups coordinated here', () => countGroups(null)),
    ...STATES.map((state) =>
      gauge(`${PREFIX}_numgroups${state.toLowerCase()}`, `Groups coordinated here that are ${state}`, () =>
        countGroups(state),
      ),
    ),
    gauge(`${PREFIX}_numoffsets`, 'Offsets committed by groups coordinated here', () => {
      let found = 0;
      for (const { offsets } of source.groups()) found += offsets.size;
      return found;
    }),
    {
      name: 'kafka_consumergroup_current_offset',
      help: 'Offset that a group coordinated here has committed',
      type: 'gauge',
      *read(): Generator<Sample> {
        for (const { labels, offset } of committed(source)) yield { labels, value: offset };
      },
    },
    {
      name: 'kafka_consumergroup_lag',
      help: 'Records that a group coordinated here has yet to read, of partitions led here',
      type: 'gauge',
      *read(): Generator<Sample> {
        for (const { labels, topic, partition, offset } of committed(source)) {
          const highWatermark = source.highWatermarkOf(topic, partition);
          if (highWatermark !== null) yield { labels, value: Math.max(0, highWatermark - offset) };
        }
      },
    },
  ];
}

function* committed({ groups }: GroupSource) {
  for (const { groupId, offsets } of groups()) {
    for (const [topic, partition, { offset }] of offsets.all()) {
      const labels = { consumergroup: groupId, topic, partition: String(partition) };
      yield { labels, topic, partition, offset };
    }
  }
}
