/** One value that somebody tried to write. Values are told apart by their text, which nobody writes twice. */
export interface Send {
  readonly producer: string;
  readonly partition: string;
  readonly value: string;
  /**
   * `acknowledged`: the cluster said so, at `offset` (-1 where it did not say which). `refused`: it certainly was not written.
   * `unknown`: nobody can tell.
   */
  readonly outcome: 'acknowledged' | 'refused' | 'unknown';
  readonly offset: number;
  /** Whether it may be there more than once: it was sent again by a producer without sequence numbers. */
  readonly mayRepeat: boolean;
}

/** What one reader got from one partition, in the order in which it came. */
export interface Poll {
  readonly reader: string;
  readonly partition: string;
  readonly records: readonly { readonly offset: number; readonly value: string }[];
}

export interface History {
  /** Of each producer in the order of its attempts. */
  readonly sends: readonly Send[];
  readonly polls: readonly Poll[];
  /** Everything there is in the end, partition by partition, read from each replica when all was well again. */
  readonly finals: readonly Poll[];
}

export type ViolationType =
  | 'lost write'
  | 'duplicate'
  | 'inconsistent offset'
  | 'invented read'
  | 'refused but written'
  | 'acknowledged elsewhere'
  | 'non-monotonic poll'
  | 'skipped poll'
  | 'non-monotonic send'
  | 'replicas differ';

export interface Violation {
  readonly type: ViolationType;
  readonly partition: string;
  readonly what: string;
}

/**
 * Judges a history as Jepsen's Kafka workload does: whatever was acknowledged is in the end where it was said to be, once,
 * in the order in which it was sent; an offset has one value for everybody; a reader sees each offset once, in order,
 * and leaves none out.
 */
export function judge(history: History): Violation[] {
  const violations: Violation[] = [];
  for (const partition of partitionsOf(history)) {
    const of = <T extends { readonly partition: string }>(all: readonly T[]) =>
      all.filter((it) => it.partition === partition);
    const part = { sends: of(history.sends), polls: of(history.polls), finals: of(history.finals) };
    const found = [
      ...judgeReplicas(part.finals),
      ...judgeOffsets(part),
      ...judgeReads(part),
      ...judgeSends(part),
      ...part.polls.flatMap((poll) => judgePoll(poll, part.finals[0])),
    ];
    violations.push(...found.map(([type, what]) => ({ type, partition, what })));
  }
  return violations;
}

type Found = readonly [type: ViolationType, what: string];

function partitionsOf({ sends, polls, finals }: History): Set<string> {
  return new Set([...sends, ...polls, ...finals].map(({ partition }) => partition));
}

/** All replicas hold the same values at the same offsets. */
function judgeReplicas(finals: readonly Poll[]): Found[] {
  const [first, ...others] = finals;
  return others.flatMap((other): Found[] => {
    const at = first!.records.findIndex(
      ({ offset, value }, index) => other.records[index]?.offset !== offset || other.records[index]?.value !== value,
    );
    if (at === -1 && other.records.length === first!.records.length) return [];
    const index = at === -1 ? first!.records.length : at;
    const [one, two] = [first!, other].map(({ reader, records }) => `${reader}: ${shown(records[index])}`);
    return [['replicas differ', `${one}, ${two}`]];
  });
}

const shown = (record: { offset: number; value: string } | undefined): string =>
  record === undefined ? 'nothing' : `${record.value} at ${record.offset}`;

/** One value per offset, whoever reads it, and whoever was told that it is there. */
function judgeOffsets({ sends, polls, finals }: History): Found[] {
  const values = new Map<number, string>();
  const found: Found[] = [];
  const note = (offset: number, value: string, who: string): void => {
    const known = values.get(offset);
    if (known === undefined) values.set(offset, value);
    else if (known !== value) found.push(['inconsistent offset', `${offset} holds ${known}, but ${value} for ${who}`]);
  };
  for (const { reader, records } of [...finals, ...polls]) {
    for (const { offset, value } of records) note(offset, value, reader);
  }
  for (const { producer, value, outcome, offset } of sends) {
    if (outcome === 'acknowledged' && offset >= 0) note(offset, value, producer);
  }
  return found;
}

/** Nothing is read that was not sent, or was refused; and nothing twice. */
function judgeReads({ sends, polls, finals }: History): Found[] {
  const found: Found[] = [];
  const sent = new Map(sends.map((send) => [send.value, send]));
  for (const value of new Set([...finals, ...polls].flatMap(({ records }) => records.map((it) => it.value)))) {
    const send = sent.get(value);
    if (send === undefined) found.push(['invented read', value]);
    else if (send.outcome === 'refused') found.push(['refused but written', value]);
  }
  const offsets = new Map<string, number>();
  for (const { offset, value } of finals[0]?.records ?? []) {
    const earlier = offsets.get(value);
    if (earlier === undefined) offsets.set(value, offset);
    else if (sent.get(value)?.mayRepeat === false) found.push(['duplicate', `${value} at ${earlier} and ${offset}`]);
  }
  return found;
}

/** What was acknowledged is there, at its offset, and each producer's values are in the order in which they were sent. */
function judgeSends({ sends, finals }: History): Found[] {
  const [final] = finals;
  if (final === undefined) return [];
  const found: Found[] = [];
  const at = new Map<string, number>();
  for (const { offset, value } of final.records) if (!at.has(value)) at.set(value, offset);
  const last = new Map<string, Send>();
  for (const send of sends) {
    const offset = at.get(send.value);
    if (send.outcome === 'acknowledged') {
      if (offset === undefined) found.push(['lost write', `${send.value}, acknowledged at ${send.offset}`]);
      else if (send.offset >= 0 && offset !== send.offset && !send.mayRepeat)
        found.push(['acknowledged elsewhere', `${send.value} is at ${offset}, acknowledged at ${send.offset}`]);
    }
    if (offset === undefined || send.mayRepeat) continue;
    const before = last.get(send.producer);
    const beforeOffset = before && at.get(before.value)!;
    if (beforeOffset !== undefined && beforeOffset >= offset)
      found.push(['non-monotonic send', `${before!.value} at ${beforeOffset}, then ${send.value} at ${offset}`]);
    last.set(send.producer, send);
  }
  return found;
}

/** Offsets rise, and between two of them there is nothing that the reader was not given. */
function judgePoll({ reader, records }: Poll, final: Poll | undefined): Found[] {
  const found: Found[] = [];
  const offsets = final?.records.map(({ offset }) => offset) ?? [];
  let place = 0;
  for (const [index, { offset }] of records.entries()) {
    const before = records[index - 1];
    if (before !== undefined && before.offset >= offset) {
      found.push(['non-monotonic poll', `${reader}: ${before.offset}, then ${offset}`]);
      place = 0;
    }
    while (place < offsets.length && offsets[place]! < offset) place++;
    const previous = offsets[place - 1];
    if (before !== undefined && before.offset < offset && previous !== undefined && previous > before.offset) {
      found.push(['skipped poll', `${reader}: ${before.offset}, then ${offset}, without ${previous}`]);
    }
  }
  return found;
}
