import { array, defineApi, int16, int32, string } from '@odradek/protocol/schema';

/** Which only KRaft clusters serve (KIP-714). */
export const ListClientMetricsResources = defineApi({
  key: 74,
  name: 'ListClientMetricsResources',
  versions: '0',
  flexible: '0+',
  request: {},
  response: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    clientMetricsResources: array({ name: string('0+') }, '0+'),
  },
});
