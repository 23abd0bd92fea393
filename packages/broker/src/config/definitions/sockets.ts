import { int, long, string } from '../definition';
import { atLeast } from '../validators';

/** Listeners, connections and the request queue. */
export const socketConfigs = {
  listeners: string('high', 'PLAINTEXT://:9092', { mode: 'per-broker' }),
  'advertised.listeners': string('high', null, { mode: 'per-broker' }),
  'listener.security.protocol.map': string(
    'low',
    'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
    { mode: 'per-broker' },
  ),
  'control.plane.listener.name': string('high', null),
  'socket.send.buffer.bytes': int('high', 102_400),
  'socket.receive.buffer.bytes': int('high', 102_400),
  'socket.request.max.bytes': int('high', 104_857_600, { valid: atLeast(1) }),
  'socket.listen.backlog.size': int('medium', 50, { valid: atLeast(1) }),
  'max.connections.per.ip': int('medium', 2_147_483_647, { valid: atLeast(0), mode: 'cluster-wide' }),
  'max.connections.per.ip.overrides': string('medium', '', { mode: 'cluster-wide' }),
  'max.connections': int('medium', 2_147_483_647, { valid: atLeast(0), mode: 'cluster-wide' }),
  'max.connection.creation.rate': int('medium', 2_147_483_647, { valid: atLeast(0), mode: 'cluster-wide' }),
  'connections.max.idle.ms': long('medium', 600_000),
  'connection.failed.authentication.delay.ms': int('low', 100, { valid: atLeast(0) }),
  'queued.max.requests': int('high', 500, { valid: atLeast(1) }),
  'queued.max.request.bytes': long('medium', -1),
  'num.network.threads': int('high', 3, { valid: atLeast(1), mode: 'cluster-wide' }),
};
