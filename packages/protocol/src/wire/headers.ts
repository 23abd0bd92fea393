import { defineMessage, int16, int32, string } from '../schema';

export const RequestHeader = defineMessage({
  name: 'RequestHeader',
  versions: '0-2',
  flexible: '2+',
  fields: {
    requestApiKey: int16('0+'),
    requestApiVersion: int16('0+'),
    correlationId: int32('0+'),
    clientId: string('1+', { nullable: '1+', ignorable: true, flexible: 'none' }),
  },
});

export const ResponseHeader = defineMessage({
  name: 'ResponseHeader',
  versions: '0-1',
  flexible: '1+',
  fields: {
    correlationId: int32('0+'),
  },
});
