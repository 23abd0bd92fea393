import { KafkaError } from '@odradek/protocol/errors';
import { SaslAuthenticate } from '@odradek/protocol/messages/sasl-authenticate';
import { specificMessage } from './api-error';
import { type Handler, handler } from './handler';

const NO_TOKEN = Buffer.alloc(0);

/** A token that comes where there is nothing (more) to authenticate: on a PLAINTEXT listener, always. */
export function saslAuthenticate(): Handler<typeof SaslAuthenticate> {
  return handler({
    api: SaslAuthenticate,
    handle() {
      throw new KafkaError('ILLEGAL_SASL_STATE', 'SaslAuthenticate request received after successful authentication');
    },
    fail: (error) => ({ errorCode: error.code, errorMessage: specificMessage(error), authBytes: NO_TOKEN }),
  });
}
