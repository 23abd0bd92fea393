import { KafkaError } from '@odradek/protocol/errors';
import { versionAtLeast } from '../config/metadata-version';
import type { Services } from './services';

/** KIP-345: older brokers of the cluster could not take over a group with static members. */
export function checkStaticMembership(services: Services, groupInstanceId: string | null): void {
  if (groupInstanceId === null || versionAtLeast(services.config().metadataVersion, '2.3-IV0')) return;
  throw new KafkaError('UNSUPPORTED_VERSION');
}
