import { KafkaError } from '@odradek/protocol/errors';
import { ApiVersions } from '@odradek/protocol/messages/api-versions';
import type { Api } from '@odradek/protocol/schema/api';
import { type Handler, handler } from './handler';

const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/**
 * What this broker serves, no more: derived from the list of handlers (KIP-35, KIP-511). A version above ours never
 * comes here: dispatch answers it as Kafka does, in version 0.
 */
export function apiVersions(
  served: () => readonly Handler[],
  finalizedFeaturesEpoch: () => number,
): Handler<typeof ApiVersions> {
  const entry = ({ api, versions }: Handler<Api>) => ({
    apiKey: api.key,
    minVersion: versions?.from ?? api.range.from,
    maxVersion: versions?.to ?? api.range.to,
  });
  return handler({
    api: ApiVersions,
    handle({ clientSoftwareName, clientSoftwareVersion }, { apiVersion, clientSoftware }) {
      if (apiVersion >= 3) {
        if (!SOFTWARE.test(clientSoftwareName) || !SOFTWARE.test(clientSoftwareVersion)) {
          throw new KafkaError('INVALID_REQUEST');
        }
        clientSoftware.name = clientSoftwareName;
        clientSoftware.version = clientSoftwareVersion;
      }
      return {
        errorCode: 0,
        apiKeys: served()
          .map(entry)
          .sort((a, b) => a.apiKey - b.apiKey),
        finalizedFeaturesEpoch: finalizedFeaturesEpoch(),
      };
    },
    fail: ({ code }) => ({ errorCode: code, apiKeys: [] }),
  });
}
