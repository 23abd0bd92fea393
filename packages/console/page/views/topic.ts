import type { TopicDetails } from '../../src/api';
import { addPartitions, deleteTopic, produceMessage } from '../changes/topics';
import { h, type VNode } from '../dom';
import * as format from '../format';
import { badge, loaded, number, topicHealth } from '../parts';
import { Rates } from '../rates';
import { hrefOf, type Route, TABS, type Tab } from '../route';
import { Feeds, type Page, type View } from '../view';
import { Messages } from './messages';
import { configsTab, groupsTab, partitionsTab } from './topic-tabs';

type TopicRoute = Extract<Route, { name: 'topic' }>;

const TITLES: Readonly<Record<Tab, string>> = {
  messages: 'Messages',
  partitions: 'Partitions',
  configs: 'Configs',
  groups: 'Groups',
};

/** `#/topics/NAME/…`: what a topic is above, one of four tabs below. */
export function topicView(page: Page, route: TopicRoute): View {
  const feeds = new Feeds(page);
  const rates = new Rates();
  const { topic } = route;
  const path = `/api/topics/${encodeURIComponent(topic)}`;
  const details = feeds.open<TopicDetails>(path, ({ endOffsets, partitionList }) => {
    const nowMs = Date.now();
    rates.add('', endOffsets, nowMs);
    for (const { partition, endOffset } of partitionList) rates.add(String(partition), endOffset, nowMs);
  });
  let at = route;
  // Made when they are first looked at: reading costs the brokers something.
  let messages = route.tab === 'messages' ? new Messages(page, topic, route.query) : undefined;

  const shown = (data: TopicDetails): VNode => {
    const wait = details.refresh;
    switch (at.tab) {
      case 'messages':
        return messages!.render(data.partitionList.map(({ partition }) => partition));
      case 'partitions':
        return partitionsTab(data, rates);
      case 'configs':
        return configsTab(page, data, wait);
      case 'groups':
        return groupsTab(data);
      default:
        return at.tab satisfies never;
    }
  };

  return {
    title: topic,
    render: () => [
      h(
        'header',
        { class: 'subject', key: 'subject' },
        h('p', { class: 'kind' }, h('a', { href: '#/topics' }, 'Topic')),
        h('h1', { tabindex: '-1' }, h('bdi', null, topic)),
        details.data && summary(details.data, rates),
        page.session?.changes && details.data && actions(page, details.data, details.refresh),
      ),
      tabs(at, details.data),
      h(
        'div',
        { key: at.tab, id: 'tab', role: 'tabpanel', 'aria-labelledby': `tab-${at.tab}` },
        loaded(details, shown),
      ),
    ],
    follow(next) {
      if (next.name !== 'topic' || next.topic !== topic) return false;
      at = next;
      if (at.tab !== 'messages') {
        messages?.stop();
        messages = undefined;
      } else if (messages) messages.follow(at.query);
      else messages = new Messages(page, topic, at.query);
      return true;
    },
    pause: () => messages?.pause(),
    close: () => messages?.close() ?? false,
    leave() {
      messages?.stop();
      feeds.stop();
    },
  };
}

function summary(data: TopicDetails, rates: Rates): VNode {
  const item = (name: string, value: VNode | string): VNode => h('span', { key: name }, value, ` ${name}`);
  return h(
    'p',
    { class: 'summary', key: 'summary' },
    topicHealth(data),
    item(data.partitions === 1 ? 'partition' : 'partitions', number(data.partitions)),
    item(data.replicationFactor === 1 ? 'copy' : 'copies', number(data.replicationFactor)),
    item('records', number(data.records)),
    item('per second', h('span', { class: 'number' }, format.rate(rates.of('')))),
    h('span', { key: 'bytes' }, number(data.bytes, format.bytes)),
    data.isInternal && badge('internal'),
    h('span', { class: 'mono minor', key: 'id', title: 'Topic id' }, data.topicId),
  );
}

function tabs(at: TopicRoute, data: TopicDetails | undefined): VNode {
  const counts: Partial<Record<Tab, number | undefined>> = {
    partitions: data?.partitions,
    groups: data?.groups.length,
  };
  return h(
    'div',
    { class: 'tabs', role: 'tablist', 'aria-label': 'About this topic', key: 'tabs' },
    TABS.map((tab) =>
      h(
        'a',
        {
          key: tab,
          id: `tab-${tab}`,
          role: 'tab',
          href: hrefOf({ ...at, tab, query: {} }),
          'aria-selected': String(tab === at.tab),
          'aria-controls': 'tab',
          tabindex: tab === at.tab ? '0' : '-1',
          on: { keydown: (event) => step(event, tab) },
        },
        TITLES[tab],
        counts[tab] !== undefined && h('span', { class: 'count' }, format.count(counts[tab])),
      ),
    ),
  );
}

/** Left and right walk through the tabs, as everywhere. */
function step(event: KeyboardEvent, tab: Tab): void {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (by === undefined) return;
  event.preventDefault();
  const next = document.getElementById(`tab-${TABS.at((TABS.indexOf(tab) + by) % TABS.length)}`);
  next?.focus();
  next?.click();
}

function actions(page: Page, data: TopicDetails, done: () => void): VNode {
  const button = (text: string, click: () => void, isDanger = false): VNode =>
    h('button', { type: 'button', key: text, class: isDanger ? 'danger' : undefined, on: { click } }, text);
  return h(
    'div',
    { class: 'actions', key: 'actions' },
    button('Produce…', () => produceMessage(page, data)),
    button('Add partitions…', () => addPartitions(page, data, done)),
    button('Delete…', () => deleteTopic(page, data), true),
  );
}
