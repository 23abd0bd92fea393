import type { BrokerConfigName } from '../definitions';
import { ELSEWHERE_DOCUMENTATION } from './elsewhere';
import { LOG_DOCUMENTATION } from './logs';
import { SECURITY_DOCUMENTATION } from './security';
import { SERVER_DOCUMENTATION } from './server';

/** What DescribeConfigs says of each broker config when asked for documentation. Internal ones are not described. */
export const BROKER_DOCUMENTATION: Readonly<Partial<Record<BrokerConfigName, string>>> = {
  ...SERVER_DOCUMENTATION,
  ...LOG_DOCUMENTATION,
  ...SECURITY_DOCUMENTATION,
  ...ELSEWHERE_DOCUMENTATION,
};
