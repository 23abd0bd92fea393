import type { Session } from '../src/api';
import { h, patch } from './dom';
import { Connection } from './feed';
import { get, post, Refusal } from './http';
import { actionOf } from './keys';
import { empty } from './parts';
import { hrefOf, parentOf, parseRoute, type Route } from './route';
import { dialogOf, help, lostBanner, type Saying, sayings, topBar } from './shell';
import { beginTables, endTables, moveRow } from './table';
import { applyTheme, currentTheme, switchTheme } from './theme';
import type { Dialog, Page, View } from './view';
import { brokerView } from './views/broker';
import { clusterView } from './views/cluster';
import { groupView } from './views/group';
import { groupsView } from './views/groups';
import { topicView } from './views/topic';
import { topicsView } from './views/topics';
import { zooKeeperView } from './views/zookeeper';

/** The page: one view for the address, rendered anew whenever something came; keys; what is around it. */

const SAID_MS = 6_000;
/** The second key of two has to come so soon. */
const PREFIX_MS = 1_500;
const FORBIDDEN = 403;

let session: Session | undefined;
let route: Route = parseRoute(window.location.hash);
let view: View;
let dialog: Dialog | undefined;
/** Where the focus was when the dialog was opened. */
let before: Element | null = null;
let said: Saying[] = [];
let saidIds = 0;
/** When the first key of two was struck, as events tell the time. */
let prefixedMs = Number.NEGATIVE_INFINITY;
let isScheduled = false;
/** Whether the next rendering shows a view that the person has just come to. */
let isArriving = false;

// After a restart there is another token, and other settings.
const connection = new Connection((state) => {
  if (state === 'live') void askSession();
  invalidate();
});

const page: Page = {
  connection,
  get session() {
    return session;
  },
  invalidate,
  go(href, replace = false) {
    if (replace) window.location.replace(href);
    else window.location.hash = href;
  },
  say(text, isBad = false) {
    const id = ++saidIds;
    said = [...said, { id, text, isBad }];
    window.setTimeout(() => {
      said = said.filter((saying) => saying.id !== id);
      invalidate();
    }, SAID_MS);
    invalidate();
  },
  openDialog(next) {
    before = document.activeElement;
    dialog = next;
    invalidate();
  },
  closeDialog() {
    dialog = undefined;
    invalidate();
  },
  async change<T>(path: string, body: unknown): Promise<T> {
    try {
      return await post<T>(path, body, session?.token ?? null);
    } catch (error) {
      const token = session?.token;
      // Perhaps the console was started anew. Refused by the same token once more, it means it.
      if (!(error instanceof Refusal) || error.status !== FORBIDDEN) throw error;
      await askSession();
      if (session?.token === token) throw error;
      return await post<T>(path, body, session?.token ?? null);
    }
  },
};

async function askSession(): Promise<void> {
  try {
    const next = await get<Session>('/api/session');
    // The broker was upgraded: this page is the former one's.
    if (session && session.version !== next.version) window.location.reload();
    session = next;
    connection.heard(true);
  } catch (error) {
    connection.heard(error instanceof Refusal);
  }
  invalidate();
}

function viewOf(at: Route): View {
  switch (at.name) {
    case 'cluster':
      return clusterView(page);
    case 'topics':
      return topicsView(page);
    case 'topic':
      return topicView(page, at);
    case 'groups':
      return groupsView(page);
    case 'group':
      return groupView(page, at.group);
    case 'broker':
      return brokerView(page, at.id);
    case 'zookeeper':
      return zooKeeperView(page, at.path);
    case 'missing':
      return { title: 'Not found', render: () => empty('There is nothing at this address.'), leave: () => {} };
    default:
      return at satisfies never;
  }
}

function arrive(): void {
  route = parseRoute(window.location.hash);
  if (dialog) page.closeDialog();
  if (!view.follow?.(route)) {
    view.leave();
    view = viewOf(route);
    isArriving = true;
  }
  invalidate();
}

function invalidate(): void {
  if (isScheduled) return;
  isScheduled = true;
  window.requestAnimationFrame(render);
}

function render(): void {
  isScheduled = false;
  beginTables(invalidate);
  const isLost = connection.state === 'lost';
  document.title = `${view.title} · Odradek`;
  patch(document.getElementById('app')!, [
    topBar({ route, page, switchTheme: nextTheme, showHelp }),
    lostBanner(page),
    h('main', { id: 'main', key: hrefOfView(), class: isLost ? 'stale' : undefined }, view.render()),
    sayings(said),
    dialog && dialogOf(dialog, page.closeDialog),
  ]);
  endTables();
  if (isArriving) {
    isArriving = false;
    window.scrollTo({ top: 0, behavior: 'instant' });
    // Screen readers and the next Tab begin where the person is now.
    document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
  }
  if (!dialog && before) {
    if (document.activeElement === document.body && before instanceof HTMLElement)
      before.focus({ preventScroll: true });
    before = null;
  }
}

/** Another topic is another view, another tab of it is not. */
function hrefOfView(): string {
  if (route.name === 'topic') return hrefOf({ ...route, tab: 'messages', query: {} });
  return route.name === 'zookeeper' ? route.name : hrefOf(route);
}

function nextTheme(): void {
  switchTheme();
  invalidate();
}

function showHelp(): void {
  page.openDialog({ title: 'Keys', render: help });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type=checkbox]), textarea, select');
}

/** What scrolls by itself: its arrows are not ours. */
function isScrolled(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('pre, .scrolled');
}

/** From a filter to what it has left. */
const TO_ROWS: ReadonlySet<string> = new Set(['ArrowDown', 'Enter']);

function pressed(event: KeyboardEvent): void {
  if (dialog) return;
  const { target } = event;
  if (isTyping(target)) {
    if (event.key === 'Escape') leaveField(target as HTMLInputElement);
    else if (TO_ROWS.has(event.key) && (target as HTMLElement).matches('.toolbar .filter')) {
      moveRow('first');
      // The row would take the same key for itself.
      event.preventDefault();
    }
    return;
  }
  if (isScrolled(target) && /^(Arrow|Home|End)/.test(event.key)) return;
  const isAfterG = event.timeStamp - prefixedMs < PREFIX_MS;
  const action = actionOf(event, isAfterG);
  prefixedMs = Number.NEGATIVE_INFINITY;
  if (!action) return;
  switch (action.do) {
    case 'prefix':
      prefixedMs = event.timeStamp;
      return;
    case 'go':
      page.go(hrefOf(action.to === 'zookeeper' ? { name: action.to, path: '/' } : { name: action.to }));
      break;
    case 'filter':
      document.querySelector<HTMLInputElement>('main .filter')?.select();
      document.querySelector<HTMLInputElement>('main .filter')?.focus();
      break;
    case 'move':
      moveRow(action.by);
      break;
    case 'pause':
      view.pause?.();
      break;
    case 'theme':
      nextTheme();
      break;
    case 'help':
      showHelp();
      break;
    case 'back':
      if (!view.close?.()) page.go(hrefOf(parentOf(route)));
      break;
    default:
      action satisfies never;
  }
  event.preventDefault();
}

/** Esc in a field empties a filter, then gives the keys back to the page. */
function leaveField(input: HTMLInputElement): void {
  if (input.matches('.toolbar .filter') && input.value !== '') {
    input.value = '';
    input.dispatchEvent(new Event('input'));
  } else input.blur();
}

applyTheme(currentTheme());
view = viewOf(route);
document.addEventListener('keydown', pressed);
window.addEventListener('hashchange', arrive);
window.addEventListener('scroll', invalidate, { passive: true });
window.addEventListener('resize', invalidate, { passive: true });
void askSession();
invalidate();
