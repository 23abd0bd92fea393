import type { ZooKeeperNode, ZooKeeperStat } from '../../src/api';
import { copyText } from '../clipboard';
import { type Child, h, type VNode } from '../dom';
import type { Feed } from '../feed';
import * as format from '../format';
import { badge, facts, icon, loaded } from '../parts';
import { childPath, nodeHref, parentPath, type Route } from '../route';
import { walk } from '../table';
import { flatten, type TreeRow } from '../tree';
import { Feeds, type Page, type View } from '../view';
import { payloadBlock } from './record-panel';

/** The node that is looked at is asked for each second, the others that are open now and then. */
const OPEN_EVERY_MS = 5_000;

const pathOfApi = (path: string): string => `/api/zookeeper?path=${encodeURIComponent(path)}`;

/** Open folders; kept while other views are shown. */
const expanded = new Set<string>(['/']);

/** `#/zookeeper/PATH`: the tree on one side, a node on the other. */
export function zooKeeperView(page: Page, firstPath: string): View {
  const selected = new Feeds(page);
  const open = new Map<string, { readonly feed: Feed<ZooKeeperNode>; readonly feeds: Feeds }>();
  let path = firstPath;
  let node = selected.open<ZooKeeperNode>(pathOfApi(path));

  const show = (next: string): void => {
    path = next;
    for (let above = parentPath(path); ; above = parentPath(above)) {
      expanded.add(above);
      if (above === '/') break;
    }
    selected.stop();
    node = selected.open<ZooKeeperNode>(pathOfApi(path));
    settle();
  };
  /** Whatever is open is asked for, and nothing else. */
  const settle = (): void => {
    for (const [at, { feeds }] of open) {
      if (expanded.has(at)) continue;
      feeds.stop();
      open.delete(at);
    }
    for (const at of expanded) {
      if (open.has(at)) continue;
      const feeds = new Feeds(page);
      open.set(at, { feeds, feed: feeds.open<ZooKeeperNode>(pathOfApi(at), undefined, OPEN_EVERY_MS) });
    }
    page.invalidate();
  };
  const toggle = (at: string, isOpen = !expanded.has(at)): void => {
    if (isOpen) expanded.add(at);
    else expanded.delete(at);
    settle();
  };
  show(path);
  if (firstPath !== '/') expanded.add(firstPath);
  settle();

  const childrenOf = (at: string): ZooKeeperNode['children'] | undefined =>
    (at === path ? node.data : undefined)?.children ?? open.get(at)?.feed.data?.children;

  return {
    title: `ZooKeeper ${firstPath}`,
    render: () => {
      const rows = flatten(expanded, childrenOf);
      return [
        h('h1', { key: 'title', tabindex: '-1' }, 'ZooKeeper'),
        h(
          'div',
          { class: 'browser', key: 'browser' },
          h('nav', { class: 'tree-side', 'aria-label': 'Tree' }, tree(rows, path, toggle)),
          h(
            'div',
            { class: 'node' },
            crumbs(path),
            loaded(node, (data) => nodeDetails(page, data)),
          ),
        ),
      ];
    },
    follow(route: Route) {
      if (route.name !== 'zookeeper') return false;
      show(route.path);
      return true;
    },
    leave() {
      selected.stop();
      for (const { feeds } of open.values()) feeds.stop();
    },
  };
}

function tree(rows: readonly TreeRow[], selected: string, toggle: (path: string, isOpen?: boolean) => void): VNode {
  const keys = rows.map(({ path }) => path);
  const walked = walk('zookeeper', keys, keys.includes(selected) ? selected : '/');
  const { first, end } = walked.slice;
  const pressed = (event: KeyboardEvent, { path, isExpanded, hasChildren }: TreeRow): void => {
    if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return;
    event.preventDefault();
    if (event.key === 'ArrowRight') {
      if (!isExpanded && hasChildren) toggle(path, true);
      else if (isExpanded) walked.focus(keys[keys.indexOf(path) + 1] ?? path);
    } else if (isExpanded) toggle(path, false);
    else walked.focus(parentPath(path));
  };
  return h(
    'div',
    { ...walked.props, class: 'tree', role: 'tree', 'aria-label': 'ZooKeeper' },
    gap('above', first),
    rows.slice(first, end).map((row) =>
      h(
        'a',
        {
          key: row.path,
          class: 'tree-row',
          role: 'treeitem',
          href: nodeHref(row.path),
          'data-handle': row.path,
          'aria-level': row.depth + 1,
          'aria-selected': String(row.path === selected),
          'aria-expanded': row.hasChildren ? String(row.isExpanded) : undefined,
          tabindex: row.path === walked.current ? '0' : '-1',
          style: { 'padding-inline-start': `${row.depth * 0.9 + 0.3}rem` },
          on: { keydown: (event) => pressed(event, row), focus: () => walked.setCurrent(row.path) },
        },
        h(
          'span',
          {
            class: `twist${row.isExpanded ? ' open' : ''}`,
            'aria-hidden': 'true',
            on: {
              click: (event) => {
                event.preventDefault();
                event.stopPropagation();
                if (row.hasChildren) toggle(row.path);
              },
            },
          },
          row.hasChildren && icon(['M6 4l4 4-4 4']),
        ),
        h('bdi', null, row.name),
        row.numChildren > 0 && h('span', { class: 'count' }, format.count(row.numChildren)),
      ),
    ),
    gap('below', rows.length - end),
  );
}

const gap = (where: string, rows: number): Child =>
  rows > 0 && h('div', { key: ` ${where}`, style: { height: `calc(var(--row) * ${rows})` } });

function crumbs(path: string): VNode {
  const names = path.split('/').filter(Boolean);
  const links = names.map((name, i) => ({ name, path: `/${names.slice(0, i + 1).join('/')}` }));
  return h(
    'nav',
    { class: 'crumbs', 'aria-label': 'Path', key: 'crumbs' },
    h('a', { href: nodeHref('/'), key: '/' }, '/'),
    links.map(({ name, path: at }, i) => [
      i > 0 && h('span', { key: `${at} slash`, 'aria-hidden': 'true' }, '/'),
      h('a', { key: at, href: nodeHref(at), 'aria-current': at === path ? 'page' : undefined }, h('bdi', null, name)),
    ]),
  );
}

function nodeDetails(page: Page, node: ZooKeeperNode): VNode {
  const { data, encoding, isMasked, stat, children, path } = node;
  const copy = (): void =>
    void copyText(data ?? '').then((isCopied) =>
      page.say(isCopied ? 'Copied the data.' : 'The browser did not let it be copied.'),
    );
  return h(
    'div',
    { key: path },
    h(
      'div',
      { class: 'payload-head' },
      h('h2', null, 'Data'),
      h('span', { class: 'absent' }, format.bytes(stat.dataLength)),
      encoding === 'base64' && data !== null && badge('binary, as base64'),
      isMasked && badge('credentials are hidden', 'warn'),
      data !== null && data !== '' && h('button', { type: 'button', class: 'quiet', on: { click: copy } }, 'Copy data'),
    ),
    data === null || data === ''
      ? h('p', { class: 'absent' }, 'None.')
      : payloadBlock({ data, encoding, bytes: stat.dataLength }),
    h('h2', null, 'Stat'),
    facts(statFacts(stat)),
    children.length > 0 && h('h2', null, 'Children'),
    h(
      'ul',
      { class: 'children' },
      children
        .slice(0, LISTED)
        .map(({ name, numChildren }) =>
          h(
            'li',
            { key: name },
            h('a', { href: nodeHref(childPath(path, name)) }, h('bdi', null, name)),
            numChildren > 0 && h('span', { class: 'count' }, format.count(numChildren)),
          ),
        ),
    ),
    stat.numChildren > Math.min(LISTED, children.length) &&
      h(
        'p',
        { class: 'absent' },
        `${format.count(Math.min(LISTED, children.length))} of ${format.count(stat.numChildren)}.`,
      ),
  );
}

/** The tree shows them all. */
const LISTED = 200;

function statFacts(stat: ZooKeeperStat): (readonly [string, Child])[] {
  const mono = (text: string | number): VNode => h('span', { class: 'mono' }, String(text));
  const time = (ms: number): VNode =>
    h('time', { class: 'mono', title: format.ago(ms, Date.now()) }, format.dateTime(ms));
  return [
    [
      'Version',
      [mono(stat.version), h('span', { class: 'absent' }, ` children ${stat.cversion}, ACL ${stat.aversion}`)],
    ],
    ['Created', [time(stat.ctimeMs), h('span', { class: 'absent mono' }, ` ${stat.czxid}`)]],
    ['Changed', [time(stat.mtimeMs), h('span', { class: 'absent mono' }, ` ${stat.mzxid}`)]],
    ['Children changed', h('span', { class: 'absent mono' }, stat.pzxid)],
    [
      'Lives',
      stat.ephemeralOwner === '0x0'
        ? 'until it is deleted'
        : [badge('ephemeral', 'good'), ' with session ', mono(stat.ephemeralOwner)],
    ],
  ];
}
