import type { ConnectRecord } from '../data/record';
import type { Props } from './api';

/** Changes one record at a time (org.apache.kafka.connect.transforms.Transformation). */
export interface Transformation {
  /** Throws `ToolError` for settings that it cannot take. */
  configure(props: Props): void;
  /** Null: the record goes no further. Throws `ToolError`. */
  apply<R extends ConnectRecord>(record: R): R | null;
  close?(): void;
}

/** Says which records a transformation is for (org.apache.kafka.connect.transforms.predicates.Predicate). */
export interface Predicate {
  configure(props: Props): void;
  test(record: ConnectRecord): boolean;
  close?(): void;
}
