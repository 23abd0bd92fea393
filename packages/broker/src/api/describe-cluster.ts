import { KafkaError } from '@odradek/protocol/errors';
import { DescribeCluster } from '@odradek/protocol/messages/describe-cluster';
import { specificMessage } from './api-error';
import { CLUSTER_OPERATIONS, NOT_ASKED } from './authorized-operations';
import { type Handler, handler } from './handler';
import type { Services } from './services';

const BROKERS = 1;
const CONTROLLERS = 2;

/** The brokers, as the client's own listener sees them (KIP-700). */
export function describeCluster(services: Services): Handler<typeof DescribeCluster> {
  return handler({
    api: DescribeCluster,
    handle({ endpointType, includeClusterAuthorizedOperations }, { listenerName }) {
      if (endpointType === CONTROLLERS) {
        throw new KafkaError(
          'MISMATCHED_ENDPOINT_TYPE',
          'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER',
        );
      }
      if (endpointType !== BROKERS) {
        throw new KafkaError('UNSUPPORTED_ENDPOINT_TYPE', `Unsupported endpoint type ${endpointType}`);
      }
      const { image } = services.metadata;
      return {
        errorCode: 0,
        errorMessage: null,
        endpointType: BROKERS,
        clusterId: services.clusterId,
        controllerId: image.controllerId ?? -1,
        brokers: [...image.brokers.values()].flatMap(({ id, rack, endpoints }) => {
          const endpoint = endpoints.get(listenerName);
          return endpoint ? [{ brokerId: id, host: endpoint.host, port: endpoint.port, rack }] : [];
        }),
        clusterAuthorizedOperations: includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : NOT_ASKED,
      };
    },
    fail: (error) => ({ errorCode: error.code, errorMessage: specificMessage(error), clusterId: '', brokers: [] }),
  });
}
