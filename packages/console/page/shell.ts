import { type Child, h, type VNode } from './dom';
import * as format from './format';
import { HELP } from './keys';
import { icon, status } from './parts';
import { hrefOf, type Route } from './route';
import { currentTheme, type Theme } from './theme';
import type { Dialog, Page } from './view';

/** What is around every view: the bar at the top, what is said at the bottom, dialogs. */

const PLACES = [
  { to: 'cluster', title: 'Cluster', key: 'g c', parts: ['cluster', 'broker', 'missing'] },
  { to: 'topics', title: 'Topics', key: 'g t', parts: ['topics', 'topic'] },
  { to: 'groups', title: 'Groups', key: 'g g', parts: ['groups', 'group'] },
  { to: 'zookeeper', title: 'ZooKeeper', key: 'g z', parts: ['zookeeper'] },
] as const;

const THEME_ICONS: Readonly<Record<Theme, readonly string[]>> = {
  auto: ['M8 2a6 6 0 100 12A6 6 0 008 2z', 'M8 2v12', 'M8 5l4-1.5M8 8h6M8 11l4 1.5'],
  light: ['M8 5a3 3 0 100 6 3 3 0 000-6z', 'M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1'],
  dark: ['M13.5 9.5A6 6 0 016.5 2.5a6 6 0 107 7z'],
};
const THEME_NAMES: Readonly<Record<Theme, string>> = { auto: 'as the system', light: 'light', dark: 'dark' };

export interface Bar {
  readonly route: Route;
  readonly page: Page;
  readonly switchTheme: () => void;
  readonly showHelp: () => void;
}

export function topBar({ route, page, switchTheme, showHelp }: Bar): VNode {
  return h(
    'header',
    { class: 'topbar', key: 'bar' },
    h('a', { class: 'skip', href: '#main', on: { click: skip } }, 'To the content'),
    h(
      'a',
      { class: 'mark', href: '#/', 'aria-label': 'Odradek, cluster' },
      icon(MARK, 'logo'),
      h('span', null, 'Odradek'),
    ),
    h(
      'nav',
      { 'aria-label': 'Views' },
      PLACES.map(({ to, title, key, parts }) => {
        const isHere = (parts as readonly string[]).includes(route.name);
        const href = hrefOf(to === 'zookeeper' ? { name: to, path: '/' } : { name: to });
        return h('a', { key: to, href, 'aria-current': isHere ? 'page' : undefined, 'aria-keyshortcuts': key }, title);
      }),
    ),
    h(
      'div',
      { class: 'topbar-end' },
      connectionDot(page),
      tool(`Colours: ${THEME_NAMES[currentTheme()]}`, THEME_ICONS[currentTheme()], 'T', switchTheme),
      tool('Keys', ['M5.5 6a2.5 2.5 0 115 0c0 1.7-2.5 2-2.5 3.8', 'M8 12.4v.6'], '?', showHelp),
    ),
  );
}

/** A spool, with its thread coming off. */
const MARK = [
  'M4 2.5h8M4 13.5h8',
  'M5.5 2.5v11M10.5 2.5v11',
  'M5.5 5.5l5 1M5.5 8l5 1M5.5 10.5l5 1',
  'M10.5 6.5c3 0 2 5 4.5 6',
];

function skip(event: MouseEvent): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('main h1')?.focus();
}

const tool = (label: string, paths: readonly string[], key: string, click: () => void): VNode =>
  h(
    'button',
    {
      key,
      type: 'button',
      class: 'quiet tool',
      'aria-label': label,
      title: `${label} (${key})`,
      'aria-keyshortcuts': key,
      on: { click },
    },
    icon(paths),
  );

function connectionDot({ connection, session }: Page): VNode {
  const texts = { starting: 'Connecting', live: 'Live', lost: 'Reconnecting' };
  const where = session ? `Broker ${session.brokerId}, ${session.product} ${session.version}` : undefined;
  return h(
    'span',
    { class: `connection ${connection.state}`, role: 'status', title: where },
    h('span', { class: 'live-dot', 'aria-hidden': 'true' }),
    texts[connection.state],
  );
}

/** While the broker is gone: since when, and that what is shown is old. */
export function lostBanner({ connection }: Page): Child {
  if (connection.state !== 'lost') return null;
  return h(
    'div',
    { class: 'banner', role: 'alert', key: 'lost' },
    status(
      'warn',
      `The broker does not answer since ${format.clock(connection.sinceMs)}. What is shown was so then. It is asked again each second.`,
    ),
  );
}

export interface Saying {
  readonly id: number;
  readonly text: string;
  readonly isBad: boolean;
}

export const sayings = (said: readonly Saying[]): VNode =>
  h(
    'div',
    { class: 'sayings', role: 'status', 'aria-live': 'polite', key: 'sayings' },
    said.map(({ id, text, isBad }) => h('div', { key: id, class: 'saying' }, status(isBad ? 'bad' : 'good', text))),
  );

export function dialogOf(dialog: Dialog, close: () => void): VNode {
  const show = (element: HTMLElement): void => {
    (element as HTMLDialogElement).showModal();
    element.querySelector<HTMLElement>('.fields input, .fields select, .fields textarea')?.focus();
  };
  return h(
    'dialog',
    {
      key: 'dialog',
      'aria-labelledby': 'dialog-title',
      mounted: show,
      on: {
        cancel: (event) => {
          event.preventDefault();
          close();
        },
      },
    },
    h(
      'header',
      null,
      h('h2', { id: 'dialog-title' }, dialog.title),
      h('button', { type: 'button', class: 'quiet', 'aria-label': 'Close', on: { click: close } }, '×'),
    ),
    dialog.render(),
  );
}

export const help = (): VNode =>
  h(
    'dl',
    { class: 'keys' },
    HELP.map(([keys, what]) =>
      h(
        'div',
        { key: what },
        h(
          'dt',
          null,
          keys.map((key, i) => [i > 0 && ' ', h('kbd', { key }, key)]),
        ),
        h('dd', null, what),
      ),
    ),
  );
