import { type Family, gauge } from './families';

interface Rate {
  readonly bytesPerSecond: number;
}

/** What quotas of replication are compared with (byte-rate of LeaderReplication and its like in Kafka's JMX). */
export function replicationFamilies(rates: {
  readonly leader: Rate;
  readonly follower: Rate;
  readonly logDirMoves: Rate;
}): Family[] {
  const rate = (name: string, help: string, source: Rate): Family =>
    gauge(`kafka_server_${name}_byte_rate`, help, () => source.bytesPerSecond);
  return [
    rate('leaderreplication', 'Bytes per second that throttled replicas led here have sent', rates.leader),
    rate('followerreplication', 'Bytes per second that throttled replicas here have fetched', rates.follower),
    rate('alterlogdirsreplication', 'Bytes per second of logs that move between log folders', rates.logDirMoves),
  ];
}
