import { int, list } from '../definition';
import { quorumServers, quorumVoters } from '../validators';

/** The KRaft quorum: read and checked, without effect under ZooKeeper. */
export const quorumConfigs = {
  'controller.quorum.voters': list('high', '', { valid: quorumVoters }),
  'controller.quorum.bootstrap.servers': list('high', '', { valid: quorumServers }),
  'controller.quorum.election.timeout.ms': int('high', 1000),
  'controller.quorum.fetch.timeout.ms': int('high', 2000),
  'controller.quorum.election.backoff.max.ms': int('high', 1000),
  'controller.quorum.append.linger.ms': int('medium', 25),
  'controller.quorum.request.timeout.ms': int('medium', 2000),
  'controller.quorum.retry.backoff.ms': int('low', 20),
};
