import { type Family, gauge, single } from './families';

/** What an active controller knows of the cluster. */
export interface ControllerFacts {
  readonly brokers: number;
  readonly topics: number;
  readonly partitions: number;
  /** Without a leader that lives. */
  readonly offlinePartitions: number;
  /** Not led by their first replica. */
  readonly imbalancedPartitions: number;
  readonly topicsToDelete: number;
  readonly replicasToDelete: number;
}

const PREFIX = 'kafka_controller_kafkacontroller';

/** The controller's view; everywhere but on the active controller all are zero, as with Kafka: sums over brokers hold. */
export function controllerFamilies(
  facts: () => ControllerFacts | null,
  elections: { readonly unclean: number },
): Family[] {
  const count = (name: string, help: string, of: (facts: ControllerFacts) => number): Family =>
    gauge(`${PREFIX}_${name}`, help, () => {
      const now = facts();
      return now === null ? 0 : of(now);
    });
  return [
    count('activecontrollercount', 'Whether this broker is the controller', () => 1),
    count('activebrokercount', 'Brokers registered', ({ brokers }) => brokers),
    count('globaltopiccount', 'Topics of the cluster', ({ topics }) => topics),
    count('globalpartitioncount', 'Partitions of the cluster', ({ partitions }) => partitions),
    count(
      'offlinepartitionscount',
      'Partitions without a leader that lives',
      ({ offlinePartitions }) => offlinePartitions,
    ),
    count(
      'preferredreplicaimbalancecount',
      'Partitions not led by their first replica',
      ({ imbalancedPartitions }) => imbalancedPartitions,
    ),
    count('topicstodeletecount', 'Topics that are being deleted', ({ topicsToDelete }) => topicsToDelete),
    count('replicastodeletecount', 'Replicas that are being deleted', ({ replicasToDelete }) => replicasToDelete),
    single(
      'counter',
      'kafka_controller_controllerstats_uncleanleaderelections_total',
      'Elections by this broker, as controller, of leaders that were not in sync',
      () => elections.unclean,
    ),
  ];
}
