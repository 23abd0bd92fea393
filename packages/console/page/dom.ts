/**
 * What a view says it looks like, and the one function that makes the document look so. Strings become text nodes and
 * attributes, never markup: nothing in this page parses HTML, so no name or message of the cluster can become any.
 */

type Handlers = { readonly [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };

export interface Props {
  /** Tells siblings apart, so that an element moves with what it shows; without one its place does. */
  readonly key?: string | number;
  readonly class?: string;
  readonly on?: Handlers;
  /** Set through the CSS object model, which the content security policy lets pass. */
  readonly style?: Readonly<Record<string, string>>;
  readonly value?: string;
  readonly checked?: boolean;
  /** Lights the element up for a moment when its text changes. */
  readonly flash?: boolean;
  /** Called once, when the element is in the document. */
  readonly mounted?: (element: HTMLElement) => void;
  readonly [attribute: string]: unknown;
}

export interface VNode {
  readonly tag: string;
  readonly props: Props;
  readonly children: readonly (VNode | string | null)[];
}

export type Child = VNode | string | number | null | undefined | false | readonly Child[];

/** An element: `h('a', { href: '#/' }, 'Cluster')`. Children that are null or false leave their place empty. */
export function h(tag: string, props: Props | null, ...children: readonly Child[]): VNode {
  return { tag, props: props ?? {}, children: flatten(children) };
}

function flatten(children: readonly Child[]): (VNode | string | null)[] {
  const flat: (VNode | string | null)[] = [];
  for (const child of children) {
    if (Array.isArray(child)) flat.push(...flatten(child));
    else if (child === null || child === undefined || child === false) flat.push(null);
    else flat.push(typeof child === 'number' ? String(child) : (child as VNode | string));
  }
  return flat;
}

interface Bound {
  vnode: VNode | string;
  key: string;
  readonly listening: Set<string>;
}

const SVG = 'http://www.w3.org/2000/svg';
const FLASH_MS = 1_100;
const OWN = new Set(['key', 'on', 'style', 'value', 'checked', 'flash', 'mounted', 'class']);
const bound = new WeakMap<Node, Bound>();
const calm = window.matchMedia('(prefers-reduced-motion: reduce)');

/** Makes the children of `parent` look as `children` say, changing as little as possible; focus stays where it is. */
export function patch(parent: Element, children: readonly Child[]): void {
  const focused = document.activeElement;
  const mounted: (() => void)[] = [];
  patchChildren(parent, flatten(children), mounted);
  if (focused instanceof HTMLElement && focused !== document.activeElement && focused.isConnected) {
    focused.focus({ preventScroll: true });
  }
  for (const run of mounted) run();
}

const keyOf = (child: VNode | string, index: number): string =>
  typeof child === 'string' || child.props.key === undefined ? `#${index}` : `=${child.props.key}`;

function patchChildren(parent: Element, next: readonly (VNode | string | null)[], mounted: (() => void)[]): void {
  const before = new Map<string, Node>();
  for (const node of parent.childNodes) before.set(bound.get(node)?.key ?? '', node);
  const keys = new Set<string>();
  const after = next.map((child, index) => {
    if (child === null) return null;
    let key = keyOf(child, index);
    // What the cluster says may say a thing twice.
    if (keys.has(key)) key = `${key} ${index}`;
    keys.add(key);
    const old = before.get(key);
    if (!old || !isSameKind(old, child)) return { key, child, old: null };
    before.delete(key);
    return { key, child, old };
  });
  // What goes, goes first: what stays then mostly stands in its order already, and is not moved (which would take its focus).
  for (const node of before.values()) parent.removeChild(node);
  let cursor = parent.firstChild;
  for (const entry of after) {
    if (!entry) continue;
    const { key, child, old } = entry;
    const node = old ?? create(child, parent, mounted);
    if (old) update(old, child, mounted);
    bound.get(node)!.key = key;
    if (node === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
  }
}

function isSameKind(node: Node, child: VNode | string): boolean {
  const { vnode } = bound.get(node)!;
  if (typeof child === 'string' || typeof vnode === 'string') return typeof child === typeof vnode;
  return vnode.tag === child.tag;
}

function create(child: VNode | string, parent: Element, mounted: (() => void)[]): Node {
  if (typeof child === 'string') {
    const text = document.createTextNode(child);
    bound.set(text, { vnode: child, key: '', listening: new Set() });
    return text;
  }
  const isSvg = child.tag === 'svg' || parent.namespaceURI === SVG;
  const element = isSvg ? document.createElementNS(SVG, child.tag) : document.createElement(child.tag);
  bound.set(element, { vnode: h(child.tag, null), key: '', listening: new Set() });
  update(element, child, mounted);
  const { mounted: hook } = child.props;
  if (hook) mounted.push(() => hook(element as HTMLElement));
  return element;
}

function update(node: Node, child: VNode | string, mounted: (() => void)[]): void {
  const state = bound.get(node)!;
  const before = state.vnode;
  state.vnode = child;
  if (typeof child === 'string') {
    if (before !== child) node.nodeValue = child;
    return;
  }
  const element = node as HTMLElement;
  const old = before as VNode;
  patchChildren(element, child.children, mounted);
  setProps(element, old.props, child.props, state);
  if (child.props.flash && old.props.flash && textOf(old) !== textOf(child)) flash(element);
}

function setProps(element: HTMLElement, old: Props, next: Props, state: Bound): void {
  for (const name of Object.keys(old)) if (!OWN.has(name) && !(name in next)) element.removeAttribute(name);
  for (const [name, value] of Object.entries(next)) {
    if (!OWN.has(name) && value !== old[name]) setAttribute(element, name, value);
  }
  if (next.class !== old.class) setAttribute(element, 'class', next.class ?? false);
  for (const type of Object.keys(next.on ?? {})) listen(element, type, state);
  for (const [name, value] of Object.entries(next.style ?? {})) {
    if (old.style?.[name] !== value) element.style.setProperty(name, value);
  }
  // Compared with what the person typed, not with what was rendered before.
  const input = element as HTMLInputElement;
  if (next.value !== undefined && input.value !== next.value) input.value = next.value;
  if (next.checked !== undefined && input.checked !== next.checked) input.checked = next.checked;
}

function setAttribute(element: Element, name: string, value: unknown): void {
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? '' : String(value));
}

/** One listener for each element and type; which handler it calls is what was rendered last. */
function listen(element: HTMLElement, type: string, { listening }: Bound): void {
  if (listening.has(type)) return;
  listening.add(type);
  element.addEventListener(type, (event) => {
    const { vnode } = bound.get(element)!;
    const handler = (vnode as VNode).props.on?.[type as keyof Handlers] as ((event: Event) => void) | undefined;
    handler?.(event);
  });
}

const textOf = (vnode: VNode): string =>
  vnode.children.map((child) => (child === null ? '' : typeof child === 'string' ? child : textOf(child))).join('');

function flash(element: HTMLElement): void {
  if (calm.matches) return;
  const frames = [{ backgroundColor: 'var(--flash)' }, { backgroundColor: 'transparent' }];
  element.animate(frames, { duration: FLASH_MS, easing: 'ease-out' });
}
