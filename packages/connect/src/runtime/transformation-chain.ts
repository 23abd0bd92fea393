import { ToolError } from '@odradek/tools/tool-error';
import type { ConnectRecord } from '../data/record';
import type { Predicate, Transformation } from '../plugins/api';

/** A transformation and, where it has one, what says which records it is for. */
export interface TransformationStage {
  readonly className: string;
  readonly transformation: Transformation;
  readonly predicate?: Predicate | undefined;
  readonly negate: boolean;
}

/** Runs a stage on a record; null: the record goes no further. */
export function applyStage<R extends ConnectRecord>(stage: TransformationStage, record: R): R | null {
  const { predicate, negate, transformation } = stage;
  if (predicate && predicate.test(record) === negate) return record;
  return transformation.apply(record);
}

/** Closes transformations and predicates; failures are of no consequence. */
export function closeStages(stages: readonly TransformationStage[]): void {
  for (const { transformation, predicate } of stages) {
    try {
      transformation.close?.();
      predicate?.close?.();
    } catch (thrown) {
      if (!(thrown instanceof ToolError) && !(thrown instanceof Error)) throw thrown;
    }
  }
}
