import { childPath } from './route';

/** A tree as the rows that are shown of it. */
export interface TreeRow {
  readonly path: string;
  readonly name: string;
  /** 0: the root. */
  readonly depth: number;
  readonly numChildren: number;
  readonly hasChildren: boolean;
  readonly isExpanded: boolean;
}

interface Child {
  readonly name: string;
  readonly numChildren: number;
}

/** The root and whatever is below open nodes; what is not known yet is left out until it is. */
export function flatten(
  expanded: ReadonlySet<string>,
  childrenOf: (path: string) => readonly Child[] | undefined,
): TreeRow[] {
  const rows: TreeRow[] = [];
  const visit = (path: string, name: string, numChildren: number, depth: number): void => {
    const isExpanded = expanded.has(path) && numChildren > 0;
    rows.push({ path, name, depth, numChildren, hasChildren: numChildren > 0, isExpanded });
    if (!isExpanded) return;
    for (const child of childrenOf(path) ?? [])
      visit(childPath(path, child.name), child.name, child.numChildren, depth + 1);
  };
  visit('/', '/', childrenOf('/')?.length ?? 1, 0);
  return rows;
}
