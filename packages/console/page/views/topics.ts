import type { TopicSummary } from '../../src/api';
import { createTopic } from '../changes/topics';
import { h, type VNode } from '../dom';
import * as format from '../format';
import { badge, bar, empty, loaded, number, topicHealth } from '../parts';
import { Rates } from '../rates';
import { topicHref } from '../route';
import { table } from '../table';
import { Feeds, type Page, type View } from '../view';

/** Kept while other views are shown. */
let showsInternal = false;
/** The topics that everybody means, of each answer: the same list while the answer is the same. */
const withoutInternal = new WeakMap<readonly TopicSummary[], readonly TopicSummary[]>();

/** `#/topics` */
export function topicsView(page: Page): View {
  const feeds = new Feeds(page);
  const rates = new Rates();
  const topics = feeds.open<readonly TopicSummary[]>('/api/topics', (all) => {
    const nowMs = Date.now();
    for (const { name, endOffsets } of all) rates.add(name, endOffsets, nowMs);
  });
  return {
    title: 'Topics',
    render: () => [
      h('h1', { key: 'title', tabindex: '-1' }, 'Topics'),
      loaded(topics, (all) => topicTable(page, all, rates)),
    ],
    leave: () => feeds.stop(),
  };
}

function ordinary(all: readonly TopicSummary[]): readonly TopicSummary[] {
  const rows = withoutInternal.get(all) ?? all.filter(({ isInternal }) => !isInternal);
  withoutInternal.set(all, rows);
  return rows;
}

function topicTable(page: Page, all: readonly TopicSummary[], rates: Rates): VNode {
  const rows = showsInternal ? all : ordinary(all);
  const largest = Math.max(...rows.map(({ bytes }) => bytes ?? 0));
  const change = page.session?.changes ?? false;
  return table<TopicSummary>(
    {
      id: 'topics',
      label: 'Topics',
      noun: 'topic',
      keyOf: ({ name }) => name,
      hrefOf: ({ name }) => topicHref(name),
      sorting: { by: 'name', isDescending: false },
      filterText: ({ name, topicId }) => `${name} ${topicId}`,
      tools: [
        h(
          'label',
          { class: 'check', key: 'internal' },
          h('input', {
            type: 'checkbox',
            checked: showsInternal,
            on: {
              change: (event) => {
                showsInternal = (event.target as HTMLInputElement).checked;
                page.invalidate();
              },
            },
          }),
          'Internal topics',
        ),
        change &&
          h('button', { type: 'button', key: 'create', on: { click: () => createTopic(page) } }, 'Create topic…'),
      ],
      whenEmpty: empty(
        'There are no topics yet.',
        h(
          'p',
          null,
          h('code', null, 'bin/kafka-topics.sh --create --topic NAME --bootstrap-server HOST:PORT'),
          ' makes one.',
        ),
      ),
      columns: [
        {
          id: 'name',
          title: 'Topic',
          sort: ({ name }) => name,
          cell: ({ name, isInternal }) => [h('bdi', null, name), isInternal && badge('internal')],
        },
        {
          id: 'health',
          title: 'Replicas',
          width: '11rem',
          narrowWidth: '8.5rem',
          sort: ({ offline, underReplicated }) => -offline * 1e6 - underReplicated,
          cell: topicHealth,
        },
        {
          id: 'partitions',
          title: 'Partitions',
          width: '7rem',
          isNumeric: true,
          isMinor: true,
          sort: ({ partitions }) => partitions,
          cell: ({ partitions }) => number(partitions),
        },
        {
          id: 'factor',
          title: 'Copies',
          width: '7rem',
          isNumeric: true,
          isMinor: true,
          sort: (it) => it.replicationFactor,
          cell: (it) => number(it.replicationFactor),
        },
        {
          id: 'records',
          title: 'Records',
          width: '9rem',
          narrowWidth: '7.5rem',
          isNumeric: true,
          sort: ({ records }) => records,
          cell: ({ records }) => number(records),
        },
        {
          id: 'rate',
          title: 'Records/s',
          width: '7rem',
          isNumeric: true,
          isMinor: true,
          sort: ({ name }) => rates.of(name),
          cell: ({ name }) => format.rate(rates.of(name)),
        },
        {
          id: 'bytes',
          title: 'Size',
          width: '14rem',
          isNumeric: true,
          isMinor: true,
          sort: ({ bytes }) => bytes,
          cell: ({ bytes }) => [bar(bytes, largest), number(bytes, format.bytes)],
        },
      ],
    },
    rows,
  );
}
