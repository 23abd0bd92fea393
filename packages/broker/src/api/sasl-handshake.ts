import { ERRORS } from '@odradek/protocol/errors';
import { SaslHandshake } from '@odradek/protocol/messages/sasl-handshake';
import { type Handler, handler } from './handler';

/** A choice of mechanism that comes where there is nothing (more) to authenticate: on a PLAINTEXT listener, always. */
export function saslHandshake(): Handler<typeof SaslHandshake> {
  return handler({
    api: SaslHandshake,
    handle: () => ({ errorCode: ERRORS.ILLEGAL_SASL_STATE.code, mechanisms: [] }),
    fail: ({ code }) => ({ errorCode: code, mechanisms: [] }),
  });
}
