/** What keys mean where nobody is typing. */

export type Action =
  | { readonly do: 'filter' | 'help' | 'pause' | 'back' | 'theme' }
  | { readonly do: 'go'; readonly to: 'cluster' | 'topics' | 'groups' | 'zookeeper' }
  | { readonly do: 'move'; readonly by: 1 | -1 | 'first' | 'last' }
  /** The first key of two: the next one is read with `isAfterG`. */
  | { readonly do: 'prefix' };

export interface Press {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

const GO = { c: 'cluster', t: 'topics', g: 'groups', z: 'zookeeper' } as const;
const SIMPLE: Readonly<Record<string, Action>> = {
  '/': { do: 'filter' },
  '?': { do: 'help' },
  p: { do: 'pause' },
  Escape: { do: 'back' },
  g: { do: 'prefix' },
  j: { do: 'move', by: 1 },
  ArrowDown: { do: 'move', by: 1 },
  k: { do: 'move', by: -1 },
  ArrowUp: { do: 'move', by: -1 },
  Home: { do: 'move', by: 'first' },
  End: { do: 'move', by: 'last' },
  G: { do: 'move', by: 'last' },
  T: { do: 'theme' },
};

/** The meaning of a key; null: the browser's own. Whatever is held with Ctrl, Meta or Alt is the browser's. */
export function actionOf({ key, ctrlKey, metaKey, altKey }: Press, isAfterG: boolean): Action | null {
  if (ctrlKey || metaKey || altKey) return null;
  if (isAfterG) {
    const to = GO[key as keyof typeof GO];
    if (to) return { do: 'go', to };
  }
  return SIMPLE[key] ?? null;
}

/** For the list of keys, in the order in which they are shown. */
export const HELP: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['g', 'c'], 'cluster'],
  [['g', 't'], 'topics'],
  [['g', 'g'], 'groups'],
  [['g', 'z'], 'ZooKeeper'],
  [['/'], 'filter (Enter goes on to the rows), or search messages'],
  [['j', '↓'], 'next row'],
  [['k', '↑'], 'previous row'],
  [['Home', 'End'], 'first and last row'],
  [['Enter'], 'open'],
  [['Esc'], 'close, or one level up'],
  [['p'], 'pause the live tail, or go on'],
  [['T'], 'light, dark, or as the system'],
  [['?'], 'these keys'],
];
