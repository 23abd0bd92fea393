import type { Scenario } from '../main';
import { control } from './control';
import { damaged } from './damaged';
import { fetch } from './fetch';
import { ids } from './ids';
import { malformed } from './malformed';
import { metadata } from './metadata';
import { offsets } from './offsets';
import { produce } from './produce';
import { topics } from './topics';

/** Every scenario, in the order in which they run: what shakes the brokers comes last. */
export const ALL: readonly Scenario[] = [
  ...malformed,
  ...metadata,
  ...topics,
  ...produce,
  ...fetch,
  ...offsets,
  ...ids,
  ...damaged,
  ...control,
];
