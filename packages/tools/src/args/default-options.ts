import type { OptionDeclarations } from './joptsimple';

/** What every joptsimple tool accepts (CommandDefaultOptions); with one of these no other option is required. */
export const DEFAULT_OPTIONS = {
  help: { description: 'Print usage information.' },
  version: { description: 'Display Kafka version.' },
} as const satisfies OptionDeclarations;
