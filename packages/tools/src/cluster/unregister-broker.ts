import { defineApi, int16, int32, string } from '@odradek/protocol/schema';

/** Which only KRaft clusters serve (KIP-631): the brokers of ZooKeeper clusters unregister by ending their session. */
export const UnregisterBroker = defineApi({
  key: 64,
  name: 'UnregisterBroker',
  versions: '0',
  flexible: '0+',
  request: {
    brokerId: int32('0+'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
  },
});
