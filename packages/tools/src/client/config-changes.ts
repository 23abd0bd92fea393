import { errorName } from '@odradek/protocol/errors';
import { IncrementalAlterConfigs } from '@odradek/protocol/messages/incremental-alter-configs';
import { ServerError } from '../tool-error';
import type { Admin } from './admin';
import { BROKER_RESOURCE } from './config-resources';

const SET = 0;
const DELETE = 1;

/** Settings of one topic or broker that shall change; null: back to the default. */
export interface ConfigChange {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly values: Readonly<Record<string, string | null>>;
}

/** Changes settings of several resources; each broker is told its own (KafkaAdminClient.incrementalAlterConfigs). */
export async function changeConfigs(admin: Admin, changes: readonly ConfigChange[]): Promise<void> {
  const toBrokers = changes.filter(({ resourceType }) => resourceType === BROKER_RESOURCE);
  const others = changes.filter(({ resourceType }) => resourceType !== BROKER_RESOURCE);
  await Promise.all([
    ...(others.length > 0 ? [send(admin, others)] : []),
    ...toBrokers.map((change) => send(admin, [change], Number(change.resourceName))),
  ]);
}

async function send(admin: Admin, changes: readonly ConfigChange[], broker?: number): Promise<void> {
  const resources = changes.map(({ resourceType, resourceName, values }) => ({
    resourceType,
    resourceName,
    configs: Object.entries(values).map(([name, value]) => ({
      name,
      configOperation: value === null ? DELETE : SET,
      value,
    })),
  }));
  await admin.call('incrementalAlterConfigs', async (call) => {
    const request = { resources, validateOnly: false };
    const { responses } =
      broker === undefined
        ? await admin.toAny(call, IncrementalAlterConfigs, request)
        : await admin.toBroker(call, broker, IncrementalAlterConfigs, request);
    // Java's client does not try again what befell a single resource.
    for (const { errorCode, errorMessage } of responses) {
      if (errorCode !== 0) throw new ServerError(errorName(errorCode), errorMessage, true);
    }
  });
}
