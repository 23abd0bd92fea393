/**
 * What a page may change, where `Session.changes` says so: the bodies of POSTs, and what is answered. Each is sent with
 * `Content-Type: application/json` and `X-Odradek-Token`.
 */

/** POST /api/topics → `Done` */
export interface CreateTopic {
  readonly name: string;
  /** -1 or left out: the broker's default. */
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly configs?: Readonly<Record<string, string>>;
}

/** POST /api/topics/:topic/delete → `Done`. The name once more, so that nothing is deleted by a slip. */
export interface DeleteTopic {
  readonly confirm: string;
}

/** POST /api/topics/:topic/configs → `Done`. Null: back to the default. */
export interface AlterConfigs {
  readonly set: Readonly<Record<string, string | null>>;
}

/** POST /api/topics/:topic/partitions → `Done` */
export interface AddPartitions {
  /** How many it shall have in all. */
  readonly total: number;
}

/** POST /api/topics/:topic/messages → `Produced` */
export interface ProduceMessage {
  /** Left out: as the default partitioner would choose. */
  readonly partition?: number;
  readonly key?: string | null;
  readonly value: string | null;
  readonly headers?: readonly { readonly key: string; readonly value: string | null }[];
}

export interface Produced {
  readonly partition: number;
  readonly offset: number;
}

/** POST /api/groups/:group/offsets → `OffsetsReset` */
export interface ResetOffsets {
  readonly topic: string;
  /** Left out: all of the topic. */
  readonly partitions?: readonly number[];
  readonly to:
    | 'earliest'
    | 'latest'
    | { readonly offset: number }
    | { readonly timeMs: number }
    | { readonly shiftBy: number };
  /** True: says what it would do and changes nothing. */
  readonly dryRun: boolean;
}

export interface OffsetsReset {
  readonly dryRun: boolean;
  readonly offsets: readonly {
    readonly topic: string;
    readonly partition: number;
    /** Null: none was committed. */
    readonly from: number | null;
    readonly to: number;
  }[];
}

/** POST /api/groups/:group/delete → `Done` */
export interface DeleteGroup {
  readonly confirm: string;
}

/** POST /api/elections → `Elected`: preferred leaders. */
export interface ElectLeaders {
  /** Left out: of all partitions that are not led by their preferred replica. */
  readonly partitions?: readonly { readonly topic: string; readonly partition: number }[];
}

export interface Elected {
  readonly elected: readonly { readonly topic: string; readonly partition: number }[];
  readonly failed: readonly { readonly topic: string; readonly partition: number; readonly error: string }[];
}

export interface Done {
  readonly done: true;
}
