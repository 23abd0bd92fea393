import { ERRORS } from '@odradek/protocol/errors';
import { Envelope } from '@odradek/protocol/messages/envelope';
import { CLOSE_CONNECTION, type Handler, handler } from './handler';

/** Another broker's client's request (KIP-590): nothing is forwarded in ZooKeeper mode, and whoever tries is let go. */
export function envelope(): Handler<typeof Envelope> {
  return handler({
    api: Envelope,
    handle: () => CLOSE_CONNECTION,
    fail: () => ({ responseData: null, errorCode: ERRORS.UNKNOWN_SERVER_ERROR.code }),
  });
}
