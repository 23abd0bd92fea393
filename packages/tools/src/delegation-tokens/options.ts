import { DEFAULT_OPTIONS } from '../args/default-options';
import { type OptionDeclarations, type OptionSet, parseOptions } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import type { Io } from '../print';

const DELEGATION_TOKENS_OPTIONS = {
  ...DEFAULT_OPTIONS,
  'bootstrap-server': { description: 'REQUIRED: server(s) to use for bootstrapping.', type: 'String' },
  'command-config': {
    description:
      'REQUIRED: A property file containing configs to be passed to Admin Client. Token management operations are allowed in secure mode only. This config file is used to pass security related configs.',
    type: 'String',
  },
  create: {
    description: 'Create a new delegation token. Use --renewer-principal option to pass renewer principals.',
  },
  renew: { description: 'Renew delegation token. Use --renew-time-period option to set renew time period.' },
  expire: { description: 'Expire delegation token. Use --expiry-time-period option to expire the token.' },
  describe: {
    description:
      'Describe delegation tokens for the given principals. Use --owner-principal to pass owner/renewer principals. If --owner-principal option is not supplied, all the user-owned tokens and tokens where the user has Describe permissions will be returned.',
  },
  'owner-principal': {
    description: 'owner is a Kafka principal. They should be in principalType:name format.',
    type: 'String',
    optional: true,
  },
  'renewer-principal': {
    description: 'renewer is a Kafka principal. They should be in principalType:name format.',
    type: 'String',
    optional: true,
  },
  'max-life-time-period': {
    description:
      'Max life period for the token in milliseconds. If the value is -1, then token max life time will default to the server side config value of (delegation.token.max.lifetime.ms).',
    type: 'Long',
    optional: true,
  },
  'renew-time-period': {
    description:
      'Renew time period in milliseconds. If the value is -1, then the renew time period will default to the server side config value of (delegation.token.expiry.time.ms).',
    type: 'Long',
    optional: true,
  },
  'expiry-time-period': {
    description:
      'Expiry time period in milliseconds. If the value is -1, then the token will get invalidated immediately.',
    type: 'Long',
    optional: true,
  },
  hmac: { description: 'HMAC of the delegation token', type: 'String', optional: true },
} as const satisfies OptionDeclarations;

export type DelegationTokensOptions = OptionSet<typeof DELEGATION_TOKENS_OPTIONS>;

/** Parses and checks kafka-delegation-tokens' command line (DelegationTokenCommandOptions.checkArgs). */
export function parseDelegationTokensArguments(argv: readonly string[], io: Io): DelegationTokensOptions {
  const options = parseOptions(DELEGATION_TOKENS_OPTIONS, argv);
  const usage = usageOf(options, io);
  usage.helpOrVersion(argv, 'This tool helps to create, renew, expire, or describe delegation tokens.');
  const actions = (['create', 'renew', 'expire', 'describe'] as const).filter((action) => options.has(action));
  if (actions.length !== 1) {
    usage.fail('Command must include exactly one action: --create, --renew, --expire or --describe');
  }
  usage.require('bootstrap-server', 'command-config');
  if (options.has('create')) usage.require('max-life-time-period');
  if (options.has('renew')) usage.require('hmac', 'renew-time-period');
  if (options.has('expire')) usage.require('hmac', 'expiry-time-period');
  usage.forbid('create', ['hmac', 'renew-time-period', 'expiry-time-period']);
  usage.forbid('renew', ['renewer-principal', 'max-life-time-period', 'expiry-time-period', 'owner-principal']);
  usage.forbid('expire', ['renewer-principal', 'max-life-time-period', 'renew-time-period', 'owner-principal']);
  usage.forbid('describe', ['renew-time-period', 'max-life-time-period', 'expiry-time-period', 'hmac']);
  return options;
}
