/** One line of the exposition. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
  /** Of a summary: its parts beside the quantiles. */
  readonly part?: 'sum' | 'count';
}

/** Series of one name. They are made when they are read: between scrapes they cost nothing. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'summary';
  read(): Iterable<Sample>;
}

/** A family of one series without labels; null for none at present. */
export function single(type: 'counter' | 'gauge', name: string, help: string, value: () => number | null): Family {
  return {
    name,
    help,
    type,
    read() {
      const now = value();
      return now === null ? [] : [{ value: now }];
    },
  };
}

export const gauge = (name: string, help: string, value: () => number | null): Family =>
  single('gauge', name, help, value);

/** One for the state that holds, zero for the others: so that queries find each by its label. */
export function oneOf(name: string, help: string, states: readonly string[], current: () => string): Family {
  return {
    name,
    help,
    type: 'gauge',
    *read() {
      const now = current();
      for (const state of states) yield { labels: { state }, value: state === now ? 1 : 0 };
    },
  };
}
