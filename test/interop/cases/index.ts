import type { Scenario } from '../main';
import { fetch } from './fetch';
import { malformed } from './malformed';
import { metadata } from './metadata';
import { produce } from './produce';
import { topics } from './topics';

/** Every scenario, in the order in which they run: what shakes the brokers comes last. */
export const ALL: readonly Scenario[] = [...malformed, ...metadata, ...topics, ...produce, ...fetch];
