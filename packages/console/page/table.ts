import { type Child, h, type VNode } from './dom';
import * as format from './format';
import { filtered, type Slice, type Sorting, type SortKey, scrollToRow, sorted, sortedBy, visibleRows } from './rows';

/** Tables: sorted, filtered, walked through by keys, and made only as far as they are in sight. */

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  /** CSS width; columns without one share what is left. */
  readonly width?: string;
  /** Instead, where there is little room. */
  readonly narrowWidth?: string;
  /** Set to the right, sorted from the largest. */
  readonly isNumeric?: boolean;
  /** By what it sorts; without it, it does not. */
  readonly sort?: (row: Row) => SortKey;
  readonly cell: (row: Row) => Child;
  /** Left out where the window is narrow. */
  readonly isMinor?: boolean;
}

export interface TableSpec<Row> {
  /** Also names the state that it keeps while other views are shown. */
  readonly id: string;
  /** For screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  /** Where Enter leads. A row that leads nowhere and opens nothing can be walked to all the same. */
  readonly hrefOf?: (row: Row) => string;
  readonly open?: (row: Row) => void;
  /** Whether what it opens is open beside the table; without it, `open` opens a dialog. */
  readonly isOpen?: (row: Row) => boolean;
  /** The keys have come to this row. */
  readonly moved?: (row: Row) => void;
  readonly sorting: Sorting;
  /** Already in order: columns do not sort. */
  readonly isOrdered?: boolean;
  /** Something else stands beside it: without its minor columns, as in a narrow window. */
  readonly isNarrow?: boolean;
  /** What its filter looks at; without it, there is none. */
  readonly filterText?: (row: Row) => string;
  /** What its rows are, one of them: counted beside the filter. */
  readonly noun?: string;
  readonly tone?: (row: Row) => string;
  readonly whenEmpty: Child;
  /** Beside the filter. */
  readonly tools?: Child;
}

interface TableState {
  sorting: Sorting;
  filter: string;
  /** The row that Tab comes to. */
  current: string | undefined;
  /** What was put in order the last time: most renderings are of the same. */
  ordered: Ordered | undefined;
}

interface Ordered {
  readonly of: readonly unknown[];
  readonly sorting: Sorting;
  readonly filter: string;
  readonly rows: readonly unknown[];
  readonly keys: readonly string[];
}

const states = new Map<string, TableState>();
/** What is shown now, in its order; for the keys. */
let shown: { readonly id: string; readonly keys: readonly string[]; readonly rowPx: number }[] = [];
let invalidate = (): void => {};
/** A key of a row whose handle is to have the focus once it is there. */
let wanted: { readonly table: string; readonly key: string } | undefined;

/** Called before anything is rendered. */
export function beginTables(onChange: () => void): void {
  shown = [];
  invalidate = onChange;
}

const idOf = (table: string): string => `table-${table}`;

/** A row is as high as the style sheet says. */
const rowHeightPx = (): number =>
  Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--row')) || 32;

function stateOf(id: string, sorting: Sorting): TableState {
  const state = states.get(id) ?? { sorting, filter: '', current: undefined, ordered: undefined };
  states.set(id, state);
  return state;
}

const NARROW = window.matchMedia('(max-width: 900px)');

function narrowed<Row>(spec: TableSpec<Row>): TableSpec<Row> {
  const columns = spec.columns.filter(({ isMinor }) => !isMinor);
  return { ...spec, columns: columns.map((column) => ({ ...column, width: column.narrowWidth ?? column.width })) };
}

/** A table, with its filter above it; the rows' order, filter and focus are kept by its id. */
export function table<Row>(full: TableSpec<Row>, rows: readonly Row[]): VNode {
  const isNarrow = full.isNarrow || NARROW.matches;
  const spec = isNarrow ? narrowed(full) : full;
  const state = stateOf(spec.id, spec.sorting);
  const { rows: ordered, keys } = orderedBy(spec, state, rows);
  const rowPx = rowHeightPx();
  shown.push({ id: spec.id, keys, rowPx });
  if (state.current === undefined || !keys.includes(state.current)) state.current = keys[0];
  return h(
    'div',
    { class: 'listing', key: spec.id },
    spec.filterText || spec.tools ? toolbar(spec, state, ordered.length, rows.length) : null,
    rows.length === 0
      ? spec.whenEmpty
      : ordered.length === 0
        ? h('p', { class: 'empty' }, `Nothing matches “${state.filter}”.`)
        : grid(spec, state, ordered, sliceOf(spec.id, ordered.length, rowPx)),
  );
}

function orderedBy<Row>(
  spec: TableSpec<Row>,
  state: TableState,
  of: readonly Row[],
): Ordered & { rows: readonly Row[] } {
  const { sorting, filter, ordered: last } = state;
  if (last?.of === of && last.sorting === sorting && last.filter === filter) return last as Ordered & { rows: Row[] };
  const found = spec.filterText ? filtered(of, spec.filterText, filter) : of;
  const column = spec.isOrdered ? undefined : spec.columns.find(({ id }) => id === sorting.by);
  const rows = column?.sort ? sorted(found, column.sort, sorting.isDescending) : found;
  const ordered = { of, sorting, filter, rows, keys: rows.map(spec.keyOf) };
  state.ordered = ordered;
  return ordered;
}

function toolbar<Row>(spec: TableSpec<Row>, state: TableState, found: number, all: number): VNode {
  const input = (text: string): void => {
    state.filter = text;
    invalidate();
  };
  return h(
    'div',
    { class: 'toolbar' },
    spec.filterText &&
      h('input', {
        class: 'filter',
        type: 'search',
        placeholder: 'Filter',
        'aria-label': `Filter ${spec.label}`,
        'aria-controls': idOf(spec.id),
        autocomplete: 'off',
        spellcheck: 'false',
        value: state.filter,
        on: { input: (event) => input((event.target as HTMLInputElement).value) },
      }),
    spec.filterText &&
      h(
        'span',
        { class: 'found', role: 'status' },
        `${found === all ? '' : `${format.count(found)} of `}${format.counted(all, spec.noun ?? 'row')}`,
      ),
    h('span', { class: 'tools' }, spec.tools),
  );
}

function grid<Row>(spec: TableSpec<Row>, state: TableState, rows: readonly Row[], { first, end }: Slice): VNode {
  const { columns } = spec;
  return h(
    'table',
    { id: idOf(spec.id), 'data-rows': spec.id, 'aria-label': spec.label, 'aria-rowcount': rows.length + 1 },
    h(
      'colgroup',
      null,
      columns.map((column) => h('col', { key: column.id, style: { width: column.width ?? 'auto' } })),
    ),
    h(
      'thead',
      null,
      h(
        'tr',
        { 'aria-rowindex': 1 },
        columns.map((column) => head(spec, state, column)),
      ),
    ),
    h(
      'tbody',
      { 'data-body': true },
      spacer('above', first, columns.length),
      rows.slice(first, end).map((row, i) => {
        const key = spec.keyOf(row);
        return h(
          'tr',
          {
            key,
            class: [spec.tone?.(row) ?? '', spec.isOpen?.(row) ? 'open' : ''].join(' ').trim() || undefined,
            'data-row': key,
            'aria-rowindex': first + i + 2,
            on: { click: (event) => clicked(spec, row, event) },
          },
          columns.map((column, at) =>
            h(
              'td',
              { key: column.id, class: column.isNumeric ? 'numeric' : undefined },
              at === 0 ? handle(spec, state, row, key, column.cell(row)) : column.cell(row),
            ),
          ),
        );
      }),
      spacer('below', rows.length - end, columns.length),
    ),
  );
}

/** What stands for the rows out of sight. */
const spacer = (where: string, rows: number, columns: number): Child =>
  rows === 0
    ? null
    : h(
        'tr',
        { key: ` ${where}`, class: 'spacer', 'aria-hidden': 'true' },
        h('td', { colspan: columns, style: { height: `calc(var(--row) * ${rows})` } }),
      );

function head<Row>(spec: TableSpec<Row>, state: TableState, column: Column<Row>): VNode {
  const { by, isDescending } = state.sorting;
  const isSorted = by === column.id && !spec.isOrdered;
  const direction = isDescending ? 'descending' : 'ascending';
  const sort = (): void => {
    state.sorting = sortedBy(state.sorting, column.id, column.isNumeric ?? false);
    invalidate();
  };
  return h(
    'th',
    {
      key: column.id,
      scope: 'col',
      class: column.isNumeric ? 'numeric' : undefined,
      'aria-sort': isSorted ? direction : undefined,
    },
    column.sort && !spec.isOrdered
      ? h(
          'button',
          { type: 'button', class: 'sort', on: { click: sort } },
          column.title,
          isSorted && h('span', { class: 'arrow', 'aria-hidden': 'true' }, isDescending ? '↓' : '↑'),
        )
      : column.title,
  );
}

/** What of a row has the focus: one of each table can be tabbed to, the arrows go on from there. */
function handle<Row>(spec: TableSpec<Row>, state: TableState, row: Row, key: string, content: Child): VNode {
  const tabindex = key === state.current ? '0' : '-1';
  const focus = (): void => {
    state.current = key;
    spec.moved?.(row);
    invalidate();
  };
  const props = { class: 'handle', tabindex, 'data-handle': key, on: { focus } };
  if (spec.hrefOf) return h('a', { ...props, href: spec.hrefOf(row) }, content);
  if (!spec.open) return h('span', props, content);
  const opens = spec.isOpen ? { 'aria-expanded': String(spec.isOpen(row)) } : { 'aria-haspopup': 'dialog' };
  return h('button', { ...props, ...opens, type: 'button' }, content);
}

/** Anywhere in a row counts as its handle, but where something else can be clicked or a text is being marked. */
function clicked<Row>(spec: TableSpec<Row>, row: Row, event: MouseEvent): void {
  const target = event.target as Element;
  const other = target.closest('a, button, input');
  if (other && !other.hasAttribute('data-handle')) return;
  if (!window.getSelection()?.isCollapsed) return;
  if (spec.open) spec.open(row);
  else if (spec.hrefOf && !other && !event.metaKey && !event.ctrlKey) window.location.hash = spec.hrefOf(row);
}

/** Where the first row is, from the lower edge of what covers the top of the window. */
function placeOf(id: string): { topPx: number; heightPx: number } {
  const within = (what: string): Element | null => document.querySelector(`#${CSS.escape(idOf(id))} ${what}`);
  const body = within('[data-body]') ?? document.getElementById(idOf(id));
  const coverPx = Math.max(0, within('th')?.getBoundingClientRect().bottom ?? 0);
  const topPx = body ? body.getBoundingClientRect().top : 0;
  // The head sticks below the bar at the top: what is under both is not in sight.
  const hiddenPx = topPx < coverPx ? coverPx : 0;
  return { topPx: topPx - hiddenPx, heightPx: window.innerHeight - hiddenPx };
}

function sliceOf(id: string, total: number, rowPx: number): Slice {
  const { topPx, heightPx } = placeOf(id);
  return visibleRows(total, rowPx, topPx, heightPx);
}

/** The row with the focus, or in its table the one that would get it. */
function currentRow(): { readonly at: number; readonly row: number } | undefined {
  const focused = document.activeElement?.closest('[data-handle]')?.closest('[data-rows]')?.id;
  // Keys may come faster than frames: what is about to have the focus counts as having it.
  const table = wanted?.table ?? focused;
  const withFocus = shown.findIndex(({ id }) => idOf(id) === table);
  if (withFocus < 0) return undefined;
  const { id, keys } = shown[withFocus]!;
  return { at: withFocus, row: keys.indexOf(states.get(id)!.current ?? '') };
}

/** Moves the focus through the rows of all tables of the view, from one into the next. */
export function moveRow(by: 1 | -1 | 'first' | 'last'): void {
  shown = shown.filter(({ keys }) => keys.length > 0);
  const now = currentRow();
  if (shown.length === 0) return;
  let at = now?.at ?? 0;
  let row = now ? now.row : -1;
  if (by === 'first') row = 0;
  else if (by === 'last') row = shown[at]!.keys.length - 1;
  else row += now || by === 1 ? by : 1;
  if (row < 0 && at > 0) row = shown[--at]!.keys.length - 1;
  else if (row >= shown[at]!.keys.length && at + 1 < shown.length) [at, row] = [at + 1, 0];
  focusRow(at, Math.min(shown[at]!.keys.length - 1, Math.max(0, row)));
}

function focusRow(at: number, row: number): void {
  const { id, keys, rowPx } = shown[at]!;
  states.get(id)!.current = keys[row]!;
  const { topPx, heightPx } = placeOf(id);
  window.scrollBy({ top: scrollToRow(row, rowPx, topPx, heightPx), behavior: 'instant' });
  wanted = { table: idOf(id), key: keys[row]! };
  invalidate();
}

/** Gives the focus to a row, by its key, where that is in sight. */
export function focusKey(id: string, key: string): void {
  wanted = { table: idOf(id), key };
  invalidate();
}

/** Called after everything was rendered. */
export function endTables(): void {
  if (!wanted) return;
  const { table: id, key } = wanted;
  wanted = undefined;
  const selector = `#${CSS.escape(id)} [data-handle="${CSS.escape(key)}"]`;
  const element = document.querySelector<HTMLElement>(selector);
  element?.focus({ preventScroll: true });
  element?.scrollIntoView({ block: 'nearest' });
}

/** The rows of something else than a table (a tree), so that the keys and the window treat them alike. */
export interface Walk {
  /** For the element around it. */
  readonly props: { readonly id: string; readonly 'data-rows': string; readonly 'data-body': true };
  readonly slice: Slice;
  /** What Tab comes to. */
  readonly current: string | undefined;
  readonly setCurrent: (key: string) => void;
  /** Gives the focus to a row. */
  readonly focus: (key: string) => void;
}

export function walk(id: string, keys: readonly string[], first: string): Walk {
  const state = stateOf(id, { by: '', isDescending: false });
  const rowPx = rowHeightPx();
  const at = shown.push({ id, keys, rowPx }) - 1;
  if (state.current === undefined || !keys.includes(state.current)) state.current = first;
  return {
    props: { id: idOf(id), 'data-rows': id, 'data-body': true },
    slice: sliceOf(id, keys.length, rowPx),
    current: state.current,
    setCurrent(key) {
      state.current = key;
      invalidate();
    },
    focus(key) {
      if (keys.includes(key)) focusRow(at, keys.indexOf(key));
    },
  };
}
